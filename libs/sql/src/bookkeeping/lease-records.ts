// Leases as rows, by the database's own clock.
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '@mainstem/projection/adapter';
import type { SqlConnection, SqlDatabase } from '../sql-database.js';

/** Reads and writes `mainstem_leases`. */
export class LeaseRecords {
  readonly #leases: string;
  readonly #nowMs: string;
  readonly #relaxed: string;
  /** One that would last longer than it was claimed for is from before the clock was set back: it counts for nothing. */
  readonly #isRunning: string;

  constructor(database: SqlDatabase) {
    this.#leases = database.sqlName('mainstem_leases');
    this.#nowMs = database.nowMs;
    this.#relaxed = database.relaxed;
    this.#isRunning = `lease.ends_at_ms > ${database.nowMs} AND lease.ends_at_ms <= ${database.nowMs} + lease.duration_ms`;
  }

  /** The answer to a claimant who comes while somebody else holds the lease; undefined if nobody does. */
  async rivalOf(connection: SqlConnection, { projection, fingerprint, partition, owner }: LeaseClaim): Promise<LeaseAnswer | undefined> {
    const sql = `SELECT owner, CAST(ends_at_ms - ${this.#nowMs} AS text) AS "remainingMs" FROM ${this.#leases} AS lease
      WHERE projection = ? AND fingerprint = ? AND partition_number = ? AND owner <> ? AND ${this.#isRunning}`;
    const [row] = await connection.query<LeaseRow>(sql, [projection, fingerprint, partition, owner]);
    return row && { isHeld: false, owner: row.owner, remainingMs: Math.max(0, Number(row.remainingMs)) };
  }

  /** False if somebody else holds it: nothing was changed. */
  async claim(connection: SqlConnection, { projection, fingerprint, partition, owner, durationMs }: LeaseClaim): Promise<boolean> {
    const sql = `INSERT INTO ${this.#leases} AS lease (projection, fingerprint, partition_number, owner, duration_ms, ends_at_ms)
      VALUES (?, ?, ?, ?, CAST(? AS bigint), ${this.#nowMs} + CAST(? AS bigint))
      ON CONFLICT (projection, fingerprint, partition_number) DO UPDATE
      SET owner = excluded.owner, duration_ms = excluded.duration_ms, ends_at_ms = excluded.ends_at_ms
      WHERE lease.owner = excluded.owner OR NOT (${this.#isRunning})`;
    return (await connection.run(sql, [projection, fingerprint, partition, owner, String(durationMs), String(durationMs)])) === 1;
  }

  /** Those of the claims whose leases the claimants hold: nothing else was changed. All for the same time. By one statement, which commits by itself. */
  async extend(connection: SqlConnection, claims: readonly LeaseClaim[], durationMs: number): Promise<readonly LeaseClaim[]> {
    const places = claims.map(() => '(?, ?, CAST(? AS integer), ?)').join(', ');
    const sql = `UPDATE ${this.#leases} AS lease SET duration_ms = CAST(? AS bigint), ends_at_ms = ${this.#nowMs} + CAST(? AS bigint)
      WHERE (projection, fingerprint, partition_number, owner) IN (VALUES ${places}) AND ${this.#isRunning} AND ${this.#relaxed}
      RETURNING projection, fingerprint, partition_number AS "partition", owner`;
    const keys = claims.flatMap(({ projection, fingerprint, partition, owner }) => [projection, fingerprint, partition, owner]);
    const rows = await connection.query<ExtendedRow>(sql, [String(durationMs), String(durationMs), ...keys]);
    return claims.filter((claim) => rows.some((row) => EXTENDED_BY.every((column) => String(row[column]) === String(claim[column]))));
  }

  async release(connection: SqlConnection, { projection, fingerprint, partition, owner }: LeaseKey & { readonly owner: string }): Promise<void> {
    const sql = `DELETE FROM ${this.#leases} WHERE projection = ? AND fingerprint = ? AND partition_number = ? AND owner = ?`;
    await connection.run(sql, [projection, fingerprint, partition, owner]);
  }

  async forget(connection: SqlConnection, projection: string): Promise<void> {
    await connection.run(`DELETE FROM ${this.#leases} WHERE projection = ?`, [projection]);
  }

  /** Those that have not ended; of all projections without one. */
  async list(connection: SqlConnection, projection?: string): Promise<readonly HeldLease[]> {
    const where = projection === undefined ? '' : 'AND projection = ?';
    const sql = `SELECT projection, fingerprint, partition_number AS "partition", owner, CAST(ends_at_ms - ${this.#nowMs} AS text) AS "remainingMs"
      FROM ${this.#leases} AS lease WHERE ${this.#isRunning} ${where} ORDER BY projection, fingerprint, partition_number`;
    const rows = await connection.query<LeaseRow>(sql, projection === undefined ? [] : [projection]);
    return rows.map((row) => ({ ...row, partition: Number(row.partition), remainingMs: Math.max(0, Number(row.remainingMs)) }));
  }
}

const EXTENDED_BY = ['projection', 'fingerprint', 'partition', 'owner'] as const;

type ExtendedRow = Readonly<Record<(typeof EXTENDED_BY)[number], string | number>>;

interface LeaseRow {
  readonly projection: string;
  readonly fingerprint: string;
  readonly partition: number;
  readonly owner: string;
  readonly remainingMs: string;
}
