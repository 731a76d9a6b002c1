// Bookkeeping of an embedded read store: generations, their collections and their checkpoints. Statements only; transactions are the caller's.
import type { DatabaseSync } from 'node:sqlite';
import { type Incarnation, type Position, position } from '@mainstem/event-store';
import {
  type Checkpoint,
  type CheckpointMove,
  CollectionTaken,
  type CreateGenerationOptions,
  EMPTY_DIGEST,
  eventMarkText,
  type Generation,
  type GenerationState,
  lastEventIn,
  ofPartitions,
  type ProjectionDescriptor,
  UnknownGeneration,
} from '@mainstem/projection/adapter';
import type { NewCollection, StoredCollection } from './collection-tables.js';

export interface StoredGeneration extends Generation {
  readonly id: number;
}

export class Bookkeeping {
  readonly #statements;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#statements = {
      all: prepare(`${SELECT_GENERATION} ORDER BY projection, number`),
      ofProjection: prepare(`${SELECT_GENERATION} WHERE projection = ? ORDER BY number`),
      one: prepare(`${SELECT_GENERATION} WHERE projection = ? AND number = ?`),
      serving: prepare(`${SELECT_GENERATION} WHERE projection = ? AND state = 'serving'`),
      nextNumber: prepare(NEXT_NUMBER),
      insert: prepare(INSERT_GENERATION),
      raiseEpoch: prepare('UPDATE generations SET epoch = epoch + 1 WHERE id = ?'),
      partitions: prepare(
        'SELECT CAST(position AS TEXT) AS position, epoch, digest, last_event AS lastEvent, updated_at AS updatedAt FROM partitions WHERE generation = ? ORDER BY number',
      ),
      insertPartition: prepare('INSERT INTO partitions (generation, number, position, epoch, digest, updated_at) VALUES (?, ?, NULL, 0, ?, ?)'),
      raisePartition: prepare('UPDATE partitions SET epoch = epoch + 1 WHERE generation = ? AND number = ?'),
      movePartition: prepare(MOVE_PARTITION),
      isPartitionOwner: prepare('SELECT 1 FROM partitions WHERE generation = ? AND number = ? AND epoch = ?'),
      finishBulkOfPartition: prepare('UPDATE generations SET is_bulk = 0, updated_at = ? WHERE id = ?'),
      retirePartitions: prepare(RETIRE_PARTITIONS),
      removePartitions: prepare('DELETE FROM partitions WHERE generation = ?'),
      moveCheckpoint: prepare(MOVE_CHECKPOINT),
      serve: prepare("UPDATE generations SET state = 'serving', updated_at = ? WHERE id = ?"),
      retire: prepare(RETIRE),
      finishBulk: prepare('UPDATE generations SET is_bulk = 0, updated_at = ? WHERE id = ? AND epoch = ?'),
      remove: prepare('DELETE FROM generations WHERE id = ?'),
      collections: prepare(`${SELECT_COLLECTION} WHERE generation = ? ORDER BY id`),
      servingCollection: prepare(SERVING_COLLECTION),
      collectionOwner: prepare(COLLECTION_OWNER),
      insertCollection: prepare('INSERT INTO collections (generation, name, has_state, declaration) VALUES (?, ?, ?, ?) RETURNING id'),
      declareCollection: prepare('UPDATE collections SET declaration = ? WHERE id = ?'),
      removeCollections: prepare('DELETE FROM collections WHERE generation = ?'),
    };
  }

  generations(projection?: string): readonly StoredGeneration[] {
    const { all, ofProjection } = this.#statements;
    const rows = projection === undefined ? all.all() : ofProjection.all(projection);
    return (rows as unknown as readonly GenerationRow[]).map((row) => this.#describe(row));
  }

  generation(projection: string, number: number): StoredGeneration | undefined {
    const row = this.#statements.one.get(projection, number) as GenerationRow | undefined;
    return row && this.#describe(row);
  }

  serving(projection: string): StoredGeneration | undefined {
    const row = this.#statements.serving.get(projection) as GenerationRow | undefined;
    return row && this.#describe(row);
  }

  /** The next generation, in the state that the port asks for. Errors: PROJECTION_INVALID_DEFINITION for a collection of another projection. */
  create(projection: ProjectionDescriptor, incarnation: Incarnation, { isBulk = false, isSide = false, createdAt }: NewGeneration): StoredGeneration {
    for (const { name } of projection.collections) this.#assertOwn(projection.name, name);
    const { nextNumber, insert, insertPartition } = this.#statements;
    const { number } = nextNumber.get(projection.name) as { number: number };
    const state: GenerationState = isSide ? 'side' : this.serving(projection.name) || isBulk ? 'filling' : 'serving';
    const { name, version, fingerprint } = projection;
    insert.run(name, number, state, version, fingerprint, incarnation, EMPTY_DIGEST, isBulk ? 1 : 0, createdAt, createdAt);
    const generation = this.generation(projection.name, number);
    if (!generation) throw new TypeError('a generation that was just inserted is not there');
    const { partitions = 1 } = projection;
    if (partitions === 1) return generation;
    for (let partition = 1; partition < partitions; partition++) insertPartition.run(generation.id, partition, EMPTY_DIGEST, createdAt);
    return this.generation(projection.name, number) ?? generation;
  }

  /** Fences off all older sessions of a part. Errors: READ_STORE_UNKNOWN_GENERATION for a part that it does not have. */
  raiseEpoch({ id, projection, number }: StoredGeneration, partition: number): void {
    const { raiseEpoch, raisePartition } = this.#statements;
    const { changes } = partition === 0 ? raiseEpoch.run(id) : raisePartition.run(id, partition);
    if (changes !== 1) throw new UnknownGeneration(projection, number);
  }

  /** False if the checkpoint is not at `from`, or the epoch is not the caller's: nothing was changed. */
  moveCheckpoint({ id, partition, epoch, updatedAt }: CheckpointOwner, move: CheckpointMove): boolean {
    const { moveCheckpoint, movePartition } = this.#statements;
    const parameters = [move.to ?? null, move.digest, eventMarkText(move.lastEvent), updatedAt, id, move.from ?? null, epoch];
    return (partition === 0 ? moveCheckpoint.run(...parameters) : movePartition.run(...parameters, partition)).changes === 1;
  }

  /** The one before is retired, and its sessions are fenced off. */
  serve(generation: StoredGeneration, updatedAt: string): void {
    this.#statements.retirePartitions.run(generation.projection);
    this.#statements.retire.run(updatedAt, generation.projection);
    this.#statements.serve.run(updatedAt, generation.id);
  }

  /** False if the epoch is not the caller's: nothing was changed. */
  finishBulk({ id, partition, epoch, updatedAt }: CheckpointOwner): boolean {
    const { isPartitionOwner, finishBulkOfPartition } = this.#statements;
    if (partition > 0) return isPartitionOwner.get(id, partition, epoch) !== undefined && finishBulkOfPartition.run(updatedAt, id).changes === 1;
    return this.#statements.finishBulk.run(updatedAt, id, epoch).changes === 1;
  }

  /** Forgets a generation and its collections. */
  remove(generation: StoredGeneration): void {
    this.#statements.removeCollections.run(generation.id);
    this.#statements.removePartitions.run(generation.id);
    this.#statements.remove.run(generation.id);
  }

  collections(generation: StoredGeneration): readonly StoredCollection[] {
    return (this.#statements.collections.all(generation.id) as unknown as readonly CollectionRow[]).map(collectionOf);
  }

  /** The collection of this name that queries see. */
  servingCollection(name: string): ServingCollection | undefined {
    const row = this.#statements.servingCollection.get(name) as (CollectionRow & { readonly position: string | null }) | undefined;
    return row && { ...collectionOf(row), position: row.position === null ? undefined : position(row.position) };
  }

  addCollection(generation: StoredGeneration, { name, hasState, declaration }: NewCollection): StoredCollection {
    const { id } = this.#statements.insertCollection.get(generation.id, name, hasState ? 1 : 0, declaration) as { id: number };
    return { id, name, hasState, declaration };
  }

  declareCollection(collection: StoredCollection): void {
    this.#statements.declareCollection.run(collection.declaration, collection.id);
  }

  #describe(row: GenerationRow): StoredGeneration {
    const generation = generationOf(row);
    const others = this.#statements.partitions.all(row.id) as unknown as readonly PartitionRow[];
    if (others.length === 0) return generation;
    const checkpoints = [generation.checkpoint, ...others.map((other) => checkpointOf({ ...other, incarnation: row.incarnation }))];
    const updatedAt = others.reduce((last, other) => (other.updatedAt > last ? other.updatedAt : last), row.updatedAt);
    return { ...generation, ...ofPartitions(checkpoints), updatedAt };
  }

  #assertOwn(projection: string, collection: string): void {
    const owner = this.#statements.collectionOwner.get(collection, projection) as { projection: string } | undefined;
    if (owner) throw new CollectionTaken(projection, collection, owner.projection);
  }
}

export interface NewGeneration extends CreateGenerationOptions {
  readonly createdAt: string;
}

/** A session's claim to a generation, with the time of what it does. */
export interface CheckpointOwner {
  readonly id: number;
  readonly partition: number;
  readonly epoch: number;
  readonly updatedAt: string;
}

export interface ServingCollection extends StoredCollection {
  /** Of its generation's checkpoint: the smallest of its parts'. */
  readonly position: Position | undefined;
}

interface GenerationRow {
  readonly id: number;
  readonly projection: string;
  readonly number: number;
  readonly state: GenerationState;
  readonly version: number;
  readonly fingerprint: string;
  readonly incarnation: Incarnation;
  readonly position: string | null;
  readonly epoch: number;
  readonly digest: string;
  readonly lastEvent: string | null;
  readonly isBulk: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

type PartitionRow = Pick<GenerationRow, 'position' | 'epoch' | 'digest' | 'lastEvent' | 'updatedAt'>;

const checkpointOf = ({
  incarnation,
  position: place,
  epoch,
  digest,
  lastEvent,
}: Pick<GenerationRow, 'incarnation' | 'position' | 'epoch' | 'digest' | 'lastEvent'>): Checkpoint => ({
  incarnation,
  position: place === null ? undefined : position(place),
  epoch,
  digest,
  ...lastEventIn(lastEvent),
});

const generationOf = ({ incarnation, position: place, epoch, digest, lastEvent, isBulk, ...generation }: GenerationRow): StoredGeneration => ({
  ...generation,
  isBulk: isBulk === 1,
  checkpoint: checkpointOf({ incarnation, position: place, epoch, digest, lastEvent }),
});

interface CollectionRow {
  readonly id: number;
  readonly name: string;
  readonly hasState: number;
  readonly declaration: string;
}

const collectionOf = ({ id, name, hasState, declaration }: CollectionRow): StoredCollection => ({ id, name, hasState: hasState === 1, declaration });

const SELECT_GENERATION = `
  SELECT id, projection, number, state, version, fingerprint, incarnation, CAST(position AS TEXT) AS position, epoch, digest,
    last_event AS lastEvent, is_bulk AS isBulk, created_at AS createdAt, updated_at AS updatedAt
  FROM generations`;

const NEXT_NUMBER = `
  INSERT INTO projections (name, last_generation) VALUES (?, 1)
  ON CONFLICT (name) DO UPDATE SET last_generation = last_generation + 1 RETURNING last_generation AS number`;

const INSERT_GENERATION = `
  INSERT INTO generations (projection, number, state, version, fingerprint, incarnation, position, epoch, digest, is_bulk, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, NULL, 0, ?, ?, ?, ?)`;

const MOVE_CHECKPOINT =
  'UPDATE generations SET position = ?, digest = ?, last_event = ?, updated_at = ? WHERE id = ? AND position IS ? AND epoch = ?';

const MOVE_PARTITION = `
  UPDATE partitions SET position = ?, digest = ?, last_event = ?, updated_at = ? WHERE generation = ? AND position IS ? AND epoch = ? AND number = ?`;

const RETIRE_PARTITIONS = `
  UPDATE partitions SET epoch = epoch + 1 WHERE generation IN (SELECT id FROM generations WHERE projection = ? AND state = 'serving')`;

const RETIRE = `UPDATE generations SET state = 'retired', epoch = epoch + 1, updated_at = ? WHERE projection = ? AND state = 'serving'`;

const SELECT_COLLECTION = 'SELECT id, name, has_state AS hasState, declaration FROM collections';

const SERVING_COLLECTION = `
  SELECT c.id, c.name, c.has_state AS hasState, c.declaration, CAST(CASE
    WHEN EXISTS (SELECT 1 FROM partitions p WHERE p.generation = g.id AND p.position IS NULL) THEN NULL
    ELSE min(g.position, coalesce((SELECT min(p.position) FROM partitions p WHERE p.generation = g.id), g.position)) END AS TEXT) AS position
  FROM collections c JOIN generations g ON g.id = c.generation WHERE c.name = ? AND g.state = 'serving'`;

const COLLECTION_OWNER = `
  SELECT g.projection FROM collections c JOIN generations g ON g.id = c.generation WHERE c.name = ? AND g.projection <> ? LIMIT 1`;
