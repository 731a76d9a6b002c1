// Leases as rows, by the database's own clock.
import type { LeaseBook, LeaseClaim, LeaseKey, LeaseRecord } from '@mainstem/projection/adapter';
import type { SqlConnection, SqlDatabase } from '../server/sql-database.js';

/** Reads and writes `mainstem_leases`. */
export class LeaseRecords {
  readonly #leases: string;
  readonly #nowMs: string;
  readonly #relaxed: string;
  /** `isRunning` as a condition, for the one statement that decides by itself. */
  readonly #isRunning: string;

  constructor(database: SqlDatabase) {
    this.#leases = database.sqlName('mainstem_leases');
    this.#nowMs = database.nowMs;
    this.#relaxed = database.relaxed;
    this.#isRunning = `lease.ends_at_ms > ${database.nowMs} AND lease.ends_at_ms <= ${database.nowMs} + lease.duration_ms`;
  }

  /** The leases of one projection, or of all; with the time if there are any. */
  async list(connection: SqlConnection, projection?: string): Promise<LeaseBook> {
    const where = projection === undefined ? '' : 'WHERE projection = ?';
    const sql = `${this.#select} ${where} ORDER BY projection, fingerprint, partition_number`;
    const rows = await connection.query<LeaseRow>(sql, projection === undefined ? [] : [projection]);
    // Without leases it does not matter what time it is.
    return { leases: rows.map(leaseOf), nowMs: Number(rows[0]?.nowMs ?? 0) };
  }

  /** The lease of a key, and the time; until the transaction ends no other decides about it. */
  async hold(connection: SqlConnection, key: LeaseKey): Promise<{ readonly found: LeaseRecord | undefined; readonly nowMs: number }> {
    await connection.lockName(`lease ${key.projection} ${key.fingerprint} ${key.partition}`);
    const [found] = await connection.query<LeaseRow>(`${this.#select} WHERE ${IS_KEY}`, keyOf(key));
    const [clock] = await connection.query<{ readonly nowMs: string }>(`SELECT CAST(${this.#nowMs} AS text) AS "nowMs"`);
    return { found: found && leaseOf(found), nowMs: Number(clock?.nowMs) };
  }

  /** Writes a lease over the one of its key. */
  async keep(connection: SqlConnection, lease: LeaseRecord): Promise<void> {
    const values = [lease.owner, String(lease.durationMs), String(lease.endsAtMs)];
    const kept = `UPDATE ${this.#leases} SET owner = ?, duration_ms = CAST(? AS bigint), ends_at_ms = CAST(? AS bigint) WHERE ${IS_KEY}`;
    if ((await connection.run(kept, [...values, ...keyOf(lease)])) > 0) return;
    const made = `INSERT INTO ${this.#leases} (projection, fingerprint, partition_number, owner, duration_ms, ends_at_ms)
      VALUES (?, ?, ?, ?, CAST(? AS bigint), CAST(? AS bigint))`;
    await connection.run(made, [...keyOf(lease), ...values]);
  }

  /** Deletes the lease of a key, also that of another owner. */
  async remove(connection: SqlConnection, key: LeaseKey): Promise<void> {
    await connection.run(`DELETE FROM ${this.#leases} WHERE ${IS_KEY}`, keyOf(key));
  }

  /**
   * The claims whose leases the claimants hold: nothing else has changed. All for the same time, in one statement,
   * which commits by itself.
   */
  async extend(connection: SqlConnection, claims: readonly LeaseClaim[], durationMs: number): Promise<readonly LeaseClaim[]> {
    const places = claims.map(() => '(?, ?, CAST(? AS integer), ?)').join(', ');
    const which = `WHERE (projection, fingerprint, partition_number, owner) IN (VALUES ${places}) AND ${this.#isRunning}`;
    const keys = claims.flatMap((claim) => [...keyOf(claim), claim.owner]);
    const sql = `UPDATE ${this.#leases} AS lease SET duration_ms = CAST(? AS bigint), ends_at_ms = ${this.#nowMs} + CAST(? AS bigint) ${which} AND ${this.#relaxed}`;
    if ((await connection.run(sql, [String(durationMs), String(durationMs), ...keys])) === claims.length) return claims;
    const held = `SELECT projection, fingerprint, partition_number AS "partition", owner FROM ${this.#leases} AS lease ${which}`;
    const rows = await connection.query<HeldRow>(held, keys);
    return claims.filter((claim) => rows.some((row) => HELD_BY.every((column) => String(row[column]) === String(claim[column]))));
  }

  async forget(connection: SqlConnection, projection: string): Promise<void> {
    await connection.run(`DELETE FROM ${this.#leases} WHERE projection = ?`, [projection]);
  }

  get #select(): string {
    return `SELECT projection, fingerprint, partition_number AS "partition", owner, CAST(duration_ms AS text) AS "durationMs",
      CAST(ends_at_ms AS text) AS "endsAtMs", CAST(${this.#nowMs} AS text) AS "nowMs" FROM ${this.#leases}`;
  }
}

const IS_KEY = 'projection = ? AND fingerprint = ? AND partition_number = ?';

const keyOf = ({ projection, fingerprint, partition }: LeaseKey): readonly unknown[] => [projection, fingerprint, partition];

const HELD_BY = ['projection', 'fingerprint', 'partition', 'owner'] as const;

type HeldRow = Readonly<Record<(typeof HELD_BY)[number], string | number>>;

interface LeaseRow {
  readonly projection: string;
  readonly fingerprint: string;
  readonly partition: number;
  readonly owner: string;
  readonly durationMs: string;
  readonly endsAtMs: string;
  readonly nowMs: string;
}

const leaseOf = ({ projection, fingerprint, partition, owner, durationMs, endsAtMs }: LeaseRow): LeaseRecord => ({
  ...{ projection, fingerprint, owner },
  partition: Number(partition),
  durationMs: Number(durationMs),
  endsAtMs: Number(endsAtMs),
});
