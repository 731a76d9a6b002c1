// Records of projections as rows: generations and parts. 64-bit numbers go in and out as decimal text, never as JS
// numbers.
import { position as toPosition, type Incarnation, type Position } from '@mainstem/event-store';
import { eventMarkText, lastEventIn } from '@mainstem/projection/adapter';
import type { CheckpointMove, Claim, GenerationRecord, GenerationState, PartRecord, ProjectionRecord, Touched } from '@mainstem/projection/adapter';
import type { SqlConnection, SqlDatabase } from '../server/sql-database.js';

/** A session's claim, and the time of what it does. */
export interface DatedClaim extends Claim {
  readonly at: string;
}

/**
 * Reads and writes `mainstem_projections`, `mainstem_generations`, `mainstem_partitions`. A generation's row is its
 * first part.
 */
export class GenerationRecords {
  readonly #projections: string;
  readonly #generations: string;
  readonly #partitions: string;
  readonly #collections: string;

  constructor(database: SqlDatabase) {
    this.#projections = database.sqlName('mainstem_projections');
    this.#generations = database.sqlName('mainstem_generations');
    this.#partitions = database.sqlName('mainstem_partitions');
    this.#collections = database.sqlName('mainstem_collections');
  }

  /** The records of all projections that have generations, by name; one statement, so one moment. */
  async all(connection: SqlConnection): Promise<readonly ProjectionRecord[]> {
    const rows = await connection.query<GenerationRow>(`${this.#select} ${IN_ORDER}`);
    return [...new Set(rows.map(({ projection }) => projection))].map((projection) =>
      recordOf(
        projection,
        rows.filter((row) => row.projection === projection),
      ),
    );
  }

  /**
   * One statement, so one moment. `lastNumber` is that of the newest generation that is there; `whole` also counts
   * deleted ones.
   */
  async find(connection: SqlConnection, projection: string): Promise<ProjectionRecord> {
    return recordOf(projection, await connection.query<GenerationRow>(`${this.#select} WHERE generations.projection = ? ${IN_ORDER}`, [projection]));
  }

  /** As `find`, with all numbers that were ever used: for what makes a generation. */
  async whole(connection: SqlConnection, projection: string): Promise<ProjectionRecord> {
    const sql = `SELECT generations_made AS made FROM ${this.#projections} WHERE projection = ?`;
    const [row] = await connection.query<{ readonly made: number }>(sql, [projection]);
    return { ...(await this.find(connection, projection)), lastNumber: Number(row?.made ?? 0) };
  }

  /** Until the transaction ends, other such calls wait and no commit goes on. It first waits for a running commit. */
  async hold(connection: SqlConnection, projection: string, { generation, partition }: Touched): Promise<void> {
    const which = 'WHERE projection = ? AND generation = ?';
    // The generation before its parts, as all that lock both.
    if (partition === undefined || partition === 0) {
      await connection.run(`UPDATE ${this.#generations} SET epoch = epoch ${which}`, [projection, generation]);
    }
    if (partition === undefined) await connection.run(`UPDATE ${this.#partitions} SET epoch = epoch ${which}`, [projection, generation]);
    if (partition !== undefined && partition > 0) {
      await connection.run(`UPDATE ${this.#partitions} SET epoch = epoch ${which} AND partition_number = ?`, [projection, generation, partition]);
    }
  }

  /** Writes what a decision has changed. Checkpoints are left alone: these move by commits only. */
  async keep(connection: SqlConnection, before: ProjectionRecord, next: ProjectionRecord): Promise<void> {
    const { projection, lastNumber } = next;
    if (lastNumber !== before.lastNumber) await this.#keepNumber(connection, projection, lastNumber);
    for (const generation of next.generations) {
      const former = before.generations.find(({ number }) => number === generation.number);
      if (former === undefined) await this.#insert(connection, projection, generation);
      else if (former !== generation) await this.#update(connection, projection, former, generation);
    }
    for (const { number } of before.generations) {
      if (!next.generations.some((one) => one.number === number)) await this.#delete(connection, projection, number);
    }
  }

  /** The command `commit` as one statement. False if it is refused: nothing was changed. */
  async moveCheckpoint(connection: SqlConnection, projection: string, claim: DatedClaim, move: CheckpointMove): Promise<boolean> {
    const [table, which, parameters] = this.#partOf(projection, claim);
    const sql = `UPDATE ${table} SET position = CAST(? AS bigint), digest = ?, last_event = ?, updated_at = ?
      WHERE ${which} AND epoch = CAST(? AS bigint) AND position IS NOT DISTINCT FROM CAST(? AS bigint)`;
    const moved = [textOf(move.to), move.digest, eventMarkText(move.lastEvent), claim.at, ...parameters, String(claim.epoch), textOf(move.from)];
    return (await connection.run(sql, moved)) === 1;
  }

  /** A sign of life between long steps. False: the epoch is no longer the session's. */
  async touch(connection: SqlConnection, projection: string, claim: DatedClaim): Promise<boolean> {
    const [table, which, parameters] = this.#partOf(projection, claim);
    const sql = `UPDATE ${table} SET updated_at = ? WHERE ${which} AND epoch = CAST(? AS bigint)`;
    return (await connection.run(sql, [claim.at, ...parameters, String(claim.epoch)])) === 1;
  }

  /** Checkpoint positions of the serving generations, by projection. */
  async servingPositions(connection: SqlConnection): Promise<ReadonlyMap<string, Position | undefined>> {
    const parts = `FROM ${this.#partitions} AS parts WHERE parts.projection = generations.projection AND parts.generation = generations.generation`;
    const sql = `SELECT projection, CAST(position AS text) AS position, CAST((SELECT min(parts.position) ${parts}) AS text) AS others,
        CASE WHEN EXISTS (SELECT 1 ${parts} AND parts.position IS NULL) THEN 1 ELSE 0 END AS "hasUnbegun"
      FROM ${this.#generations} AS generations WHERE state = 'serving'`;
    const rows = await connection.query<ServingRow>(sql);
    return new Map(rows.map((row) => [row.projection, servingPositionOf(row)]));
  }

  async #keepNumber(connection: SqlConnection, projection: string, made: number): Promise<void> {
    const changed = await connection.run(`UPDATE ${this.#projections} SET generations_made = ? WHERE projection = ?`, [made, projection]);
    if (changed === 0) await connection.run(`INSERT INTO ${this.#projections} (projection, generations_made) VALUES (?, ?)`, [projection, made]);
  }

  async #insert(connection: SqlConnection, projection: string, { parts: [first, ...others], ...generation }: GenerationRecord): Promise<void> {
    const { number, state, version, fingerprint, incarnation, isBulk, createdAt, updatedAt } = generation;
    await connection.run(
      `INSERT INTO ${this.#generations} (projection, generation, state, version, fingerprint, incarnation, position, epoch, digest, is_bulk, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)`,
      [projection, number, state, version, fingerprint, incarnation, first?.epoch, first?.digest, isBulk ? 1 : 0, createdAt, updatedAt],
    );
    for (const [index, { epoch, digest }] of others.entries()) {
      await connection.run(
        `INSERT INTO ${this.#partitions} (projection, generation, partition_number, position, epoch, digest, updated_at) VALUES (?, ?, ?, NULL, ?, ?, ?)`,
        [projection, number, index + 1, epoch, digest, updatedAt],
      );
    }
  }

  async #update(connection: SqlConnection, projection: string, former: GenerationRecord, next: GenerationRecord): Promise<void> {
    const { number, state, isBulk, updatedAt, parts } = next;
    const [first, ...others] = parts;
    const isSame = former.state === state && former.isBulk === isBulk && former.updatedAt === updatedAt && former.parts[0]?.epoch === first?.epoch;
    if (!isSame) {
      await connection.run(
        `UPDATE ${this.#generations} SET state = ?, is_bulk = ?, epoch = CAST(? AS bigint), updated_at = ? WHERE projection = ? AND generation = ?`,
        [state, isBulk ? 1 : 0, String(first?.epoch), updatedAt, projection, number],
      );
    }
    for (const [index, { epoch }] of others.entries()) {
      if (former.parts[index + 1]?.epoch === epoch) continue;
      await connection.run(
        `UPDATE ${this.#partitions} SET epoch = CAST(? AS bigint) WHERE projection = ? AND generation = ? AND partition_number = ?`,
        [String(epoch), projection, number, index + 1],
      );
    }
  }

  async #delete(connection: SqlConnection, projection: string, generation: number): Promise<void> {
    for (const table of [this.#partitions, this.#generations]) {
      await connection.run(`DELETE FROM ${table} WHERE projection = ? AND generation = ?`, [projection, generation]);
    }
  }

  /** Table, condition and parameters of the row with a part's checkpoint. */
  #partOf(projection: string, { generation, partition }: Claim): readonly [table: string, which: string, parameters: readonly unknown[]] {
    const which = 'projection = ? AND generation = ?';
    if (partition === 0) return [this.#generations, which, [projection, generation]];
    return [this.#partitions, `${which} AND partition_number = ?`, [projection, generation, partition]];
  }

  /**
   * A row for each part after the first one, which is in the generation's own row; one row for an unsplit generation.
   */
  get #select(): string {
    const isOwn = (table: string): string => `${table}.projection = generations.projection AND ${table}.generation = generations.generation`;
    return `SELECT ${COLUMNS},
      (SELECT string_agg(collection, ';') FROM ${this.#collections} AS own WHERE ${isOwn('own')}) AS collections
      FROM ${this.#generations} AS generations LEFT JOIN ${this.#partitions} AS parts ON ${isOwn('parts')}`;
  }
}

/** A position as a parameter of statements. */
export const textOf = (position: Position | undefined): string | null => (position === undefined ? null : position.toString());

const COLUMNS = `generations.projection AS projection, generations.generation AS generation, state, version, fingerprint, incarnation,
  CAST(generations.position AS text) AS position, CAST(generations.epoch AS text) AS epoch, generations.digest AS digest,
  generations.last_event AS "lastEvent", is_bulk AS "isBulk", created_at AS "createdAt", generations.updated_at AS "updatedAt",
  partition_number AS "partition", CAST(parts.position AS text) AS "partPosition", CAST(parts.epoch AS text) AS "partEpoch",
  parts.digest AS "partDigest", parts.last_event AS "partLastEvent", parts.updated_at AS "partUpdatedAt"`;

const IN_ORDER = 'ORDER BY generations.projection, generations.generation, partition_number';

interface GenerationRow {
  readonly projection: string;
  readonly generation: number;
  readonly state: GenerationState;
  readonly version: number;
  readonly fingerprint: string;
  readonly incarnation: string;
  readonly position: string | null;
  readonly epoch: string;
  readonly digest: string;
  readonly lastEvent: string | null;
  readonly isBulk: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Null where there is no other part. */
  readonly partition: number | null;
  readonly partPosition: string | null;
  readonly partEpoch: string;
  readonly partDigest: string;
  readonly partLastEvent: string | null;
  readonly partUpdatedAt: string;
  readonly collections: string | null;
}

interface ServingRow {
  readonly projection: string;
  readonly position: string | null;
  readonly others: string | null;
  readonly hasUnbegun: number;
}

const positionOf = (text: string | null): Position | undefined => (text === null ? undefined : toPosition(text));

/** The smallest of all parts. */
const servingPositionOf = ({ position, others, hasUnbegun }: ServingRow): Position | undefined => {
  const [first, other] = [positionOf(position), positionOf(others)];
  if (first === undefined || hasUnbegun === 1) return undefined;
  return other !== undefined && other < first ? other : first;
};

const recordOf = (projection: string, rows: readonly GenerationRow[]): ProjectionRecord => {
  const numbers = [...new Set(rows.map(({ generation }) => generation))];
  const generations = numbers.map((number) => generationOf(rows.filter(({ generation }) => generation === number)));
  return { projection, lastNumber: numbers.at(-1) ?? 0, generations: generations.flat() };
};

/** Of its rows, by part. */
const generationOf = (rows: readonly GenerationRow[]): readonly GenerationRecord[] => {
  const [row] = rows;
  if (!row) return [];
  const { generation: number, state, version, fingerprint, createdAt, updatedAt } = row;
  const first = partOf({
    ...row,
    partUpdatedAt: updatedAt,
    partPosition: row.position,
    partEpoch: row.epoch,
    partDigest: row.digest,
    partLastEvent: row.lastEvent,
  });
  const parts = [first, ...rows.filter(({ partition }) => partition !== null).map(partOf)];
  const collections = (row.collections ?? '').split(';').filter((name) => name !== '');
  const incarnation = row.incarnation as Incarnation;
  return [{ number, state, version, fingerprint, incarnation, isBulk: row.isBulk === 1, createdAt, updatedAt, collections, parts }];
};

const partOf = (row: GenerationRow): PartRecord => ({
  position: positionOf(row.partPosition),
  epoch: Number(row.partEpoch),
  digest: row.partDigest,
  ...lastEventIn(row.partLastEvent),
  updatedAt: row.partUpdatedAt,
});
