// Prepared statements by collection: SQL is compiled once for each connection, not for each call.
import type { StoredCollection } from './collection-tables.js';

/** The number of collections with kept statements; others are prepared again. */
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
