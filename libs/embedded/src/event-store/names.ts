// Names of streams and of event types, and the numbers that stand for them in the events table.
import type { DatabaseSync, StatementSync } from 'node:sqlite';

const CACHE_ENTRIES_MAX = 100_000;

/** Looks names and numbers up through one connection, and remembers what it has found: a pair, once committed, never changes. */
export class Names {
  readonly #idsByName = new Map<string, number>();
  /** By number. The numbers are dense, so an array finds a name in a fraction of a map's time; every event that is read asks twice. */
  #namesById: (string | undefined)[] = [];
  readonly #selectId: StatementSync;
  readonly #selectName: StatementSync;

  constructor(database: DatabaseSync, table: 'streams' | 'types') {
    this.#selectId = database.prepare(`SELECT id FROM ${table} WHERE name = ?`);
    this.#selectName = database.prepare(`SELECT name FROM ${table} WHERE id = ?`);
  }

  /** The number of a name, or undefined if the name is not stored (yet). */
  idOf(name: string): number | undefined {
    const known = this.#idsByName.get(name);
    if (known !== undefined) return known;
    const id = this.#selectId.get(name)?.['id'];
    if (typeof id !== 'number') return undefined;
    this.remember(id, name);
    return id;
  }

  /** The name of a number that an event refers to. */
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

  /** For a transaction that was rolled back: what it had stored is not there. */
  forget(): void {
    this.#idsByName.clear();
    this.#namesById = [];
  }
}

/** An event refers to a name that is not there: the file is damaged. */
export class DanglingNumber extends Error {
  constructor(id: number) {
    super(`an event refers to name ${id}, which is missing`);
  }
}
