// The layouts of all entities of the store.
import type { DataSource } from 'typeorm';
import type { DocumentClass } from '@mainstem/projection';
import { UnsupportedEntity } from '../errors.js';
import { entityLayoutOf, type EntityLayout } from './entity-layout.js';

/** Finds layouts by entity class. */
export class EntityLayouts {
  readonly #layouts: ReadonlyMap<unknown, EntityLayout>;

  readonly #named: ReadonlyMap<string, EntityLayout>;

  /** Checks every entity. Errors: READ_STORE_UNSUPPORTED_ENTITY. */
  constructor(dataSource: DataSource, entities: readonly DocumentClass[]) {
    const plain = entities.find((entity) => !dataSource.hasMetadata(entity));
    if (plain) throw new UnsupportedEntity(plain.name, 'is no entity of TypeORM; put @Entity() before the class');
    this.#layouts = new Map(dataSource.entityMetadatas.map((metadata) => [metadata.target, entityLayoutOf(metadata)]));
    const views = new Map<string, EntityLayout>();
    for (const layout of this.#layouts.values()) {
      const other = views.get(layout.view.toLowerCase());
      if (other) throw new UnsupportedEntity(layout.entity, `has the table name ${layout.view}, which entity ${other.entity} has as ${other.view}`);
      views.set(layout.view.toLowerCase(), layout);
    }
    this.#named = new Map([...this.#layouts.values()].map((layout) => [layout.view, layout]));
  }

  all(): Iterable<EntityLayout> {
    return this.#layouts.values();
  }

  /** The layout of a read model by its view's name; undefined if no entity has it. */
  named(view: string): EntityLayout | undefined {
    return this.#named.get(view);
  }

  /** Errors: READ_STORE_UNSUPPORTED_ENTITY for a class that is not an entity of the store. */
  of(document: DocumentClass): EntityLayout {
    const layout = this.#layouts.get(document);
    if (!layout)
      throw new UnsupportedEntity(document.name, 'is not among the entities that the SQL read store was opened with; add it to `entities`');
    return layout;
  }
}
