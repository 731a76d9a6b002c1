// Leases of an embedded read store as rows, by the machine's clock. Statements only; the caller has the transaction.
import type { DatabaseSync } from 'node:sqlite';
import type { LeaseBook, LeaseKey, LeaseRecord } from '@mainstem/projection/adapter';

/** Run at every opening: files from before there were leases have no such table. */
export const LEASES_SCHEMA = `
  CREATE TABLE IF NOT EXISTS leases (
    projection TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    partition_number INTEGER NOT NULL,
    owner TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    ends_at_ms INTEGER NOT NULL,
    PRIMARY KEY (projection, fingerprint, partition_number)
  ) STRICT, WITHOUT ROWID;
`;

export class LeaseRecords {
  readonly #statements;

  constructor(database: DatabaseSync) {
    this.#statements = {
      now: database.prepare(`SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS ms`),
      all: database.prepare(SELECT),
      ofProjection: database.prepare(`${SELECT} WHERE projection = ?`),
      one: database.prepare(`${SELECT} WHERE ${IS_KEY}`),
      keep: database.prepare(KEEP),
      remove: database.prepare(`DELETE FROM leases WHERE ${IS_KEY}`),
      forget: database.prepare('DELETE FROM leases WHERE projection = ?'),
    };
  }

  /** Of one projection; of all without one. */
  list(projection?: string): LeaseBook {
    const { all, ofProjection } = this.#statements;
    const rows = projection === undefined ? all.all() : ofProjection.all(projection);
    return { leases: rows.map((row) => ({ ...row }) as unknown as LeaseRecord), nowMs: this.nowMs() };
  }

  find({ projection, fingerprint, partition }: LeaseKey): LeaseRecord | undefined {
    return this.#statements.one.get(projection, fingerprint, partition) as LeaseRecord | undefined;
  }

  keep({ projection, fingerprint, partition, owner, durationMs, endsAtMs }: LeaseRecord): void {
    this.#statements.keep.run(projection, fingerprint, partition, owner, durationMs, endsAtMs);
  }

  remove({ projection, fingerprint, partition }: LeaseKey): void {
    this.#statements.remove.run(projection, fingerprint, partition);
  }

  forget(projection: string): void {
    this.#statements.forget.run(projection);
  }

  nowMs(): number {
    return (this.#statements.now.get() as { readonly ms: number }).ms;
  }
}

const SELECT = `
  SELECT projection, fingerprint, partition_number AS "partition", owner, duration_ms AS durationMs, ends_at_ms AS endsAtMs FROM leases`;

const IS_KEY = 'projection = ? AND fingerprint = ? AND partition_number = ?';

const KEEP = 'INSERT OR REPLACE INTO leases (projection, fingerprint, partition_number, owner, duration_ms, ends_at_ms) VALUES (?, ?, ?, ?, ?, ?)';
