// Generations and their checkpoints as rows. 64-bit numbers go in and out as decimal text, never as JS numbers.
import { position as toPosition } from '@mainstem/event-store';
import type { Incarnation, Position } from '@mainstem/event-store';
import { EMPTY_DIGEST } from '@mainstem/projection';
import type { CheckpointMove, Generation, GenerationState, ProjectionDescriptor } from '@mainstem/projection';
import type { SqlConnection, SqlDatabase } from '../sql-database.js';

/** Reads and writes `mainstem_generations`. */
export class GenerationRecords {
  readonly #projections: string;
  readonly #generations: string;

  constructor(database: SqlDatabase) {
    this.#projections = database.sqlName('mainstem_projections');
    this.#generations = database.sqlName('mainstem_generations');
  }

  /** All of a projection, by number; of all projections without one, by name and number. */
  async list(connection: SqlConnection, projection?: string): Promise<readonly Generation[]> {
    const where = projection === undefined ? '' : 'WHERE projection = ?';
    const sql = `SELECT ${COLUMNS} FROM ${this.#generations} ${where} ORDER BY projection, generation`;
    return (await connection.query<GenerationRow>(sql, projection === undefined ? [] : [projection])).map(generationOf);
  }

  async find(connection: SqlConnection, projection: string, generation: number): Promise<Generation | undefined> {
    const sql = `SELECT ${COLUMNS} FROM ${this.#generations} WHERE projection = ? AND generation = ?`;
    const [row] = await connection.query<GenerationRow>(sql, [projection, generation]);
    return row && generationOf(row);
  }

  async findServing(connection: SqlConnection, projection: string): Promise<Generation | undefined> {
    const sql = `SELECT ${COLUMNS} FROM ${this.#generations} WHERE projection = ? AND state = 'serving'`;
    const [row] = await connection.query<GenerationRow>(sql, [projection]);
    return row && generationOf(row);
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
  }

  /** Raises the epoch and returns the generation with it. */
  async raiseEpoch(connection: SqlConnection, projection: string, generation: number): Promise<Generation | undefined> {
    const sql = `UPDATE ${this.#generations} SET epoch = epoch + 1 WHERE projection = ? AND generation = ? RETURNING ${COLUMNS}`;
    const [row] = await connection.query<GenerationRow>(sql, [projection, generation]);
    return row && generationOf(row);
  }

  /** Moves the checkpoint if it is where the move says and the epoch is still the session's. False: another writer was here. */
  async moveCheckpoint(connection: SqlConnection, owner: GenerationOwner, move: CheckpointMove): Promise<boolean> {
    const sql = `UPDATE ${this.#generations} SET position = CAST(? AS bigint), digest = ?, updated_at = ?
      WHERE projection = ? AND generation = ? AND epoch = CAST(? AS bigint) AND position IS NOT DISTINCT FROM CAST(? AS bigint)`;
    const parameters = [textOf(move.to), move.digest, owner.updatedAt, owner.projection, owner.generation, String(owner.epoch), textOf(move.from)];
    return (await connection.run(sql, parameters)) === 1;
  }

  async enter(connection: SqlConnection, { projection, number }: Pick<Generation, 'projection' | 'number'>, entry: StateEntry): Promise<void> {
    const sql = `UPDATE ${this.#generations} SET state = ?, updated_at = ? WHERE projection = ? AND generation = ?`;
    await connection.run(sql, [entry.state, entry.updatedAt, projection, number]);
  }

  /** A sign of life between long steps. False: the epoch is not the session's any more. */
  async touch(connection: SqlConnection, owner: GenerationOwner): Promise<boolean> {
    const sql = `UPDATE ${this.#generations} SET updated_at = ? WHERE projection = ? AND generation = ? AND epoch = CAST(? AS bigint)`;
    return (await connection.run(sql, [owner.updatedAt, owner.projection, owner.generation, String(owner.epoch)])) === 1;
  }

  /** Notes that a generation is like any other now. False: the epoch is not the session's any more. */
  async finishBulk(connection: SqlConnection, owner: GenerationOwner): Promise<boolean> {
    const sql = `UPDATE ${this.#generations} SET is_bulk = 0, updated_at = ? WHERE projection = ? AND generation = ? AND epoch = CAST(? AS bigint)`;
    return (await connection.run(sql, [owner.updatedAt, owner.projection, owner.generation, String(owner.epoch)])) === 1;
  }

  async delete(connection: SqlConnection, projection: string, generation: number): Promise<void> {
    await connection.run(`DELETE FROM ${this.#generations} WHERE projection = ? AND generation = ?`, [projection, generation]);
  }

  /** Checkpoint positions of the serving generations, by projection. */
  async servingPositions(connection: SqlConnection): Promise<ReadonlyMap<string, Position | undefined>> {
    const sql = `SELECT projection, CAST(position AS text) AS position FROM ${this.#generations} WHERE state = 'serving'`;
    const rows = await connection.query<{ projection: string; position: string | null }>(sql);
    return new Map(rows.map(({ projection, position }) => [projection, positionOf(position)]));
  }
}

/** Whose checkpoint it is: a session. */
export interface GenerationOwner {
  readonly projection: string;
  readonly generation: number;
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
  checkpoint: { incarnation, position: undefined, epoch: 0, digest: EMPTY_DIGEST },
  isBulk,
  createdAt,
  updatedAt: createdAt,
});

/** A position as statements take it. */
export const textOf = (position: Position | undefined): string | null => (position === undefined ? null : position.toString());

const COLUMNS = `projection, generation, state, version, fingerprint, incarnation, CAST(position AS text) AS position, CAST(epoch AS text) AS epoch,
  digest, is_bulk AS "isBulk", created_at AS "createdAt", updated_at AS "updatedAt"`;

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
  readonly isBulk: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const positionOf = (text: string | null): Position | undefined => (text === null ? undefined : toPosition(text));

const generationOf = (row: GenerationRow): Generation => ({
  projection: row.projection,
  number: row.generation,
  state: row.state,
  version: row.version,
  fingerprint: row.fingerprint,
  checkpoint: { incarnation: row.incarnation as Incarnation, position: positionOf(row.position), epoch: Number(row.epoch), digest: row.digest },
  isBulk: row.isBulk === 1,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});
