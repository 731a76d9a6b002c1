// Names of streams and event types, and their numbers in the events table.
import type { DatabaseSync, StatementSync } from 'node:sqlite';

const CACHE_ENTRIES_MAX = 100_000;

/** Looks names and numbers up on one connection, and remembers them: a committed pair never changes. */
export class Names {
  readonly #idsByName = new Map<string, number>();
  /** By number. The numbers are dense, so an array is much faster than a map; every event that is read asks twice. */
  #namesById: (string | undefined)[] = [];
  readonly #selectId: StatementSync;
  readonly #selectName: StatementSync;

  constructor(database: DatabaseSync, table: 'streams' | 'types') {
    this.#selectId = database.prepare(`SELECT id FROM ${table} WHERE name = ?`);
    this.#selectName = database.prepare(`SELECT name FROM ${table} WHERE id = ?`);
  }

  /** The number of a name; undefined if it is not stored yet. */
  idOf(name: string): number | undefined {
    const known = this.#idsByName.get(name);
    if (known !== undefined) return known;
    const id = this.#selectId.get(name)?.['id'];
    if (typeof id !== 'number') return undefined;
    this.remember(id, name);
    return id;
  }

  /** The name of a number in an event. */
  nameOf(id: number): string {
    const known = this.#namesById[id];
    if (known !== undefined) return known;
    const name = this.#selectName.get(id)?.['name'];
    if (typeof name !== 'string') throw new DanglingNumber(id);
    this.remember(id, name);
    return name;
  }

  remember(id: number, name: string): void {
    if (this.#idsByName.size >= CACHE_ENTRIES_MAX) this.forget();
    this.#idsByName.set(name, id);
    this.#namesById[id] = name;
  }

  /** For a transaction that was rolled back: it has stored nothing. */
  forget(): void {
    this.#idsByName.clear();
    this.#namesById = [];
  }
}

/** An event refers to a missing name: the file is damaged. */
export class DanglingNumber extends Error {
  constructor(id: number) {
    super(`an event refers to name ${id}, which is missing`);
  }
}
