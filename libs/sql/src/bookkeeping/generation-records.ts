// Generations and their checkpoints as rows. 64-bit numbers go in and out as decimal text, never as JS numbers.
import { position as toPosition } from '@mainstem/event-store';
import type { Incarnation, Position } from '@mainstem/event-store';
import { EMPTY_DIGEST, eventMarkText, lastEventIn, ofPartitions, partitionsOf } from '@mainstem/projection/adapter';
import type { Checkpoint, CheckpointMove, Generation, GenerationState, ProjectionDescriptor } from '@mainstem/projection/adapter';
import type { SqlConnection, SqlDatabase } from '../sql-database.js';

/** Reads and writes `mainstem_generations`. */
export class GenerationRecords {
  readonly #projections: string;
  readonly #generations: string;
  readonly #partitions: string;

  constructor(database: SqlDatabase) {
    this.#projections = database.sqlName('mainstem_projections');
    this.#generations = database.sqlName('mainstem_generations');
    this.#partitions = database.sqlName('mainstem_partitions');
  }

  /** All of a projection, by number; of all projections without one, by name and number. */
  async list(connection: SqlConnection, projection?: string): Promise<readonly Generation[]> {
    const where = projection === undefined ? '' : 'WHERE projection = ?';
    const sql = `SELECT ${this.#columns} FROM ${this.#generations} AS generations ${where} ORDER BY projection, generation`;
    return (await connection.query<GenerationRow>(sql, projection === undefined ? [] : [projection])).map(generationOf);
  }

  async find(connection: SqlConnection, projection: string, generation: number): Promise<Generation | undefined> {
    const sql = `SELECT ${this.#columns} FROM ${this.#generations} AS generations WHERE projection = ? AND generation = ?`;
    const [row] = await connection.query<GenerationRow>(sql, [projection, generation]);
    return row && generationOf(row);
  }

  async findServing(connection: SqlConnection, projection: string): Promise<Generation | undefined> {
    const sql = `SELECT ${this.#columns} FROM ${this.#generations} AS generations WHERE projection = ? AND state = 'serving'`;
    const [row] = await connection.query<GenerationRow>(sql, [projection]);
    return row && generationOf(row);
  }

  /** As `findServing`; until the transaction ends nobody else changes which one serves. To come before any other lock. */
  async holdServing(connection: SqlConnection, projection: string): Promise<Generation | undefined> {
    await connection.lockName(`serving ${projection}`);
    return this.findServing(connection, projection);
  }

  /** Takes the next number of a projection; others that want one wait for this transaction. */
  async nextNumber(connection: SqlConnection, projection: string): Promise<number> {
    const sql = `INSERT INTO ${this.#projections} (projection, generations_made) VALUES (?, 1)
      ON CONFLICT (projection) DO UPDATE SET generations_made = mainstem_projections.generations_made + 1 RETURNING generations_made AS made`;
    const [row] = await connection.query<{ made: number }>(sql, [projection]);
    return row?.made ?? 1;
  }

  async insert(connection: SqlConnection, generation: Generation): Promise<void> {
    const { projection, number, state, version, fingerprint, checkpoint, isBulk, createdAt, updatedAt } = generation;
    await connection.run(
      `INSERT INTO ${this.#generations} (projection, generation, state, version, fingerprint, incarnation, position, epoch, digest, is_bulk, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)`,
      [
        projection,
        number,
        state,
        version,
        fingerprint,
        checkpoint.incarnation,
        checkpoint.epoch,
        checkpoint.digest,
        isBulk ? 1 : 0,
        createdAt,
        updatedAt,
      ],
    );
    for (const [partition, { epoch, digest }] of (generation.partitions ?? []).entries()) {
      if (partition === 0) continue;
      await connection.run(
        `INSERT INTO ${this.#partitions} (projection, generation, partition_number, position, epoch, digest, updated_at) VALUES (?, ?, ?, NULL, ?, ?, ?)`,
        [projection, number, partition, epoch, digest, updatedAt],
      );
    }
  }

  /** Raises the epochs of all parts, or of one, and returns the generation with them; undefined if there is no such part. */
  async raiseEpoch(connection: SqlConnection, { projection, generation, partition }: RaisedEpoch): Promise<Generation | undefined> {
    let raised = 0;
    if (partition === undefined || partition === 0) {
      const sql = `UPDATE ${this.#generations} SET epoch = epoch + 1 WHERE projection = ? AND generation = ?`;
      raised += await connection.run(sql, [projection, generation]);
    }
    if (partition === undefined || partition > 0) {
      const [which, parameters] = partition === undefined ? ['', []] : ['AND partition_number = ?', [partition]];
      const sql = `UPDATE ${this.#partitions} SET epoch = epoch + 1 WHERE projection = ? AND generation = ? ${which}`;
      raised += await connection.run(sql, [projection, generation, ...parameters]);
    }
    return raised === 0 ? undefined : this.find(connection, projection, generation);
  }

  /** Keeps writers and deletions of a generation off until the transaction ends, after those that are under way; undefined if there is none. */
  async hold(connection: SqlConnection, projection: string, generation: number): Promise<Generation | undefined> {
    const sql = `UPDATE ${this.#generations} SET epoch = epoch WHERE projection = ? AND generation = ?`;
    return (await connection.run(sql, [projection, generation])) === 0 ? undefined : this.find(connection, projection, generation);
  }

  /** Moves the checkpoint if it is where the move says and the epoch is still the session's. False: another writer was here. */
  async moveCheckpoint(connection: SqlConnection, owner: GenerationOwner, move: CheckpointMove): Promise<boolean> {
    const [table, which, parameters] = this.#partOf(owner);
    const sql = `UPDATE ${table} SET position = CAST(? AS bigint), digest = ?, last_event = ?, updated_at = ?
      WHERE ${which} AND epoch = CAST(? AS bigint) AND position IS NOT DISTINCT FROM CAST(? AS bigint)`;
    const moved = [
      textOf(move.to),
      move.digest,
      eventMarkText(move.lastEvent),
      owner.updatedAt,
      ...parameters,
      String(owner.epoch),
      textOf(move.from),
    ];
    return (await connection.run(sql, moved)) === 1;
  }

  async enter(connection: SqlConnection, { projection, number }: Pick<Generation, 'projection' | 'number'>, entry: StateEntry): Promise<void> {
    const sql = `UPDATE ${this.#generations} SET state = ?, updated_at = ? WHERE projection = ? AND generation = ?`;
    await connection.run(sql, [entry.state, entry.updatedAt, projection, number]);
  }

  /** A sign of life between long steps. False: the epoch is not the session's any more. */
  async touch(connection: SqlConnection, owner: GenerationOwner): Promise<boolean> {
    const [table, which, parameters] = this.#partOf(owner);
    const sql = `UPDATE ${table} SET updated_at = ? WHERE ${which} AND epoch = CAST(? AS bigint)`;
    return (await connection.run(sql, [owner.updatedAt, ...parameters, String(owner.epoch)])) === 1;
  }

  /** Notes that a generation is like any other now. False: the epoch is not the session's any more. */
  async finishBulk(connection: SqlConnection, owner: GenerationOwner): Promise<boolean> {
    // The generation before its part, as all that lock both.
    const sql = `UPDATE ${this.#generations} SET is_bulk = 0, updated_at = ? WHERE projection = ? AND generation = ? AND is_bulk = 1`;
    await connection.run(sql, [owner.updatedAt, owner.projection, owner.generation]);
    return this.touch(connection, owner);
  }

  async delete(connection: SqlConnection, projection: string, generation: number): Promise<void> {
    for (const table of [this.#partitions, this.#generations]) {
      await connection.run(`DELETE FROM ${table} WHERE projection = ? AND generation = ?`, [projection, generation]);
    }
  }

  /** Checkpoint positions of the serving generations, by projection. */
  async servingPositions(connection: SqlConnection): Promise<ReadonlyMap<string, Position | undefined>> {
    const parts = `SELECT position FROM ${this.#partitions} AS parts WHERE parts.projection = generations.projection AND parts.generation = generations.generation`;
    const sql = `SELECT projection, CAST(position AS text) AS position, CAST((SELECT min(position) FROM (${parts}) AS others) AS text) AS others,
        CASE WHEN EXISTS (SELECT 1 FROM (${parts}) AS others WHERE position IS NULL) THEN 1 ELSE 0 END AS "hasUnbegun"
      FROM ${this.#generations} AS generations WHERE state = 'serving'`;
    const rows = await connection.query<ServingRow>(sql);
    return new Map(rows.map((row) => [row.projection, servingPositionOf(row)]));
  }

  /** Table, condition and parameters of the row that holds a part's checkpoint. */
  #partOf({ projection, generation, partition }: GenerationOwner): readonly [table: string, which: string, parameters: readonly unknown[]] {
    const which = 'projection = ? AND generation = ?';
    if (partition === 0) return [this.#generations, which, [projection, generation]];
    return [this.#partitions, `${which} AND partition_number = ?`, [projection, generation, partition]];
  }

  /** With the parts after the first one as one text, so that all checkpoints are of one moment; NULL for generations that are not split. */
  get #columns(): string {
    const part = `CAST(partition_number AS text) || '|' || coalesce(CAST(position AS text), '') || '|' || CAST(epoch AS text) || '|' || digest || '|' || updated_at || '|' || coalesce(last_event, '')`;
    return `${COLUMNS}, (SELECT string_agg(${part}, ';') FROM ${this.#partitions} AS parts
      WHERE parts.projection = generations.projection AND parts.generation = generations.generation) AS partitions`;
  }
}

export interface RaisedEpoch {
  readonly projection: string;
  readonly generation: number;
  /** Default all parts. */
  readonly partition?: number;
}

/** Whose checkpoint it is: a session. */
export interface GenerationOwner {
  readonly projection: string;
  readonly generation: number;
  readonly partition: number;
  readonly epoch: number;
  /** Time of what it does, ISO 8601 in UTC. */
  readonly updatedAt: string;
}

export interface StateEntry {
  readonly state: GenerationState;
  readonly updatedAt: string;
}

/** A generation before its first batch. */
export const newGeneration = (
  projection: ProjectionDescriptor,
  incarnation: Incarnation,
  { number, state, isBulk, createdAt }: Pick<Generation, 'number' | 'state' | 'isBulk' | 'createdAt'>,
): Generation => ({
  projection: projection.name,
  number,
  state,
  version: projection.version,
  fingerprint: projection.fingerprint,
  ...ofPartitions(partitionsOf(projection).map(() => ({ incarnation, position: undefined, epoch: 0, digest: EMPTY_DIGEST }))),
  isBulk,
  createdAt,
  updatedAt: createdAt,
});

/** A position as statements take it. */
export const textOf = (position: Position | undefined): string | null => (position === undefined ? null : position.toString());

const COLUMNS = `projection, generation, state, version, fingerprint, incarnation, CAST(position AS text) AS position, CAST(epoch AS text) AS epoch,
  digest, last_event AS "lastEvent", is_bulk AS "isBulk", created_at AS "createdAt", updated_at AS "updatedAt"`;

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
  readonly partitions: string | null;
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

const generationOf = (row: GenerationRow): Generation => {
  const incarnation = row.incarnation as Incarnation;
  const first = { incarnation, position: positionOf(row.position), epoch: Number(row.epoch), digest: row.digest, ...lastEventIn(row.lastEvent) };
  const others = partsOf(row.partitions);
  const updatedAt = others.reduce((last, part) => (part.updatedAt > last ? part.updatedAt : last), row.updatedAt);
  return {
    projection: row.projection,
    number: row.generation,
    state: row.state,
    version: row.version,
    fingerprint: row.fingerprint,
    ...ofPartitions([first, ...others.map(({ checkpoint }) => ({ incarnation, ...checkpoint }))]),
    isBulk: row.isBulk === 1,
    createdAt: row.createdAt,
    updatedAt,
  };
};

interface StoredPart {
  readonly number: number;
  readonly checkpoint: Omit<Checkpoint, 'incarnation'>;
  readonly updatedAt: string;
}

const partsOf = (text: string | null): readonly StoredPart[] =>
  (text ?? '')
    .split(';')
    .filter((part) => part !== '')
    .map((part) => {
      const [number = '', position = '', epoch = '', digest = '', updatedAt = '', lastEvent] = part.split('|');
      const place = positionOf(position === '' ? null : position);
      return { number: Number(number), checkpoint: { position: place, epoch: Number(epoch), digest, ...lastEventIn(lastEvent) }, updatedAt };
    })
    .sort((left, right) => left.number - right.number);
