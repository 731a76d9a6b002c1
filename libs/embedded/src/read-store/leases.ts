// Leases of an embedded read store, by the clock of the machine. Statements only; transactions are the caller's.
import type { DatabaseSync } from 'node:sqlite';
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '@mainstem/projection/adapter';

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

export class Leases {
  readonly #statements;

  constructor(database: DatabaseSync) {
    this.#statements = {
      rival: database.prepare(`${SELECT} AND projection = ? AND fingerprint = ? AND partition_number = ? AND owner <> ?`),
      all: database.prepare(`${SELECT} ORDER BY projection, fingerprint, partition_number`),
      ofProjection: database.prepare(`${SELECT} AND projection = ? ORDER BY fingerprint, partition_number`),
      claim: database.prepare(CLAIM),
      forget: database.prepare('DELETE FROM leases WHERE projection = ?'),
      release: database.prepare('DELETE FROM leases WHERE projection = ? AND fingerprint = ? AND partition_number = ? AND owner = ?'),
    };
  }

  /** The answer to a claimant who comes while somebody else holds the lease; undefined if nobody does. */
  rivalOf({ projection, fingerprint, partition, owner }: LeaseClaim): LeaseAnswer | undefined {
    const row = this.#statements.rival.get(projection, fingerprint, partition, owner) as HeldLease | undefined;
    return row && { isHeld: false, owner: row.owner, remainingMs: row.remainingMs };
  }

  /** False if somebody else holds it: nothing was changed. */
  claim({ projection, fingerprint, partition, owner, durationMs }: LeaseClaim): boolean {
    return this.#statements.claim.run(projection, fingerprint, partition, owner, durationMs, durationMs).changes === 1;
  }

  release({ projection, fingerprint, partition, owner }: LeaseKey & { readonly owner: string }): void {
    this.#statements.release.run(projection, fingerprint, partition, owner);
  }

  forget(projection: string): void {
    this.#statements.forget.run(projection);
  }

  /** Those that have not ended; of all projections without one. */
  list(projection?: string): readonly HeldLease[] {
    const { all, ofProjection } = this.#statements;
    return (projection === undefined ? all.all() : ofProjection.all(projection)) as unknown as readonly HeldLease[];
  }
}

const NOW_MS = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

/** One that would last longer than it was claimed for is from before the clock was set back: it counts for nothing. */
const IS_RUNNING = `leases.ends_at_ms > ${NOW_MS} AND leases.ends_at_ms <= ${NOW_MS} + leases.duration_ms`;

const SELECT = `
  SELECT projection, fingerprint, partition_number AS "partition", owner, ends_at_ms - ${NOW_MS} AS remainingMs FROM leases WHERE ${IS_RUNNING}`;

const CLAIM = `
  INSERT INTO leases (projection, fingerprint, partition_number, owner, duration_ms, ends_at_ms) VALUES (?, ?, ?, ?, ?, ${NOW_MS} + ?)
  ON CONFLICT (projection, fingerprint, partition_number) DO UPDATE
  SET owner = excluded.owner, duration_ms = excluded.duration_ms, ends_at_ms = excluded.ends_at_ms
  WHERE leases.owner = excluded.owner OR NOT (${IS_RUNNING})`;
