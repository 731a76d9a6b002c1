// Prepared statements by collection, so that SQL is compiled once a connection and not once a call.
import type { StoredCollection } from './collection-tables.js';

/** Collections whose statements are kept; more than that are prepared again. */
const COLLECTIONS_MAX = 256;

export class StatementCache<Statements> {
  readonly #byCollection = new Map<string, Statements>();

  constructor(private readonly prepare: (collection: StoredCollection) => Statements) {}

  of(collection: StoredCollection): Statements {
    // Derived tables of another declaration may have other columns.
    const name = `${collection.id} ${collection.declaration}`;
    let statements = this.#byCollection.get(name);
    if (!statements) {
      if (this.#byCollection.size >= COLLECTIONS_MAX) this.#byCollection.clear();
      statements = this.prepare(collection);
      this.#byCollection.set(name, statements);
    }
    return statements;
  }
}
