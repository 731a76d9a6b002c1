// Records of projections as rows: generations, parts, collections. Statements only; the caller has the transaction.
import type { DatabaseSync } from 'node:sqlite';
import { type Incarnation, type Position, position } from '@mainstem/event-store';
import {
  type CheckpointMove,
  type CommitClaim,
  eventMarkText,
  type GenerationRecord,
  type GenerationState,
  lastEventIn,
  type PartRecord,
  type ProjectionRecord,
  UnknownGeneration,
} from '@mainstem/projection/adapter';
import type { NewCollection, StoredCollection } from '../collection-tables.js';

/** A record, and the rows that hold its generations, by number. */
export interface StoredRecord {
  readonly record: ProjectionRecord;
  readonly ids: ReadonlyMap<number, number>;
}

export class GenerationRecords {
  readonly #statements;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#statements = {
      projections: prepare('SELECT name, last_generation AS lastNumber FROM projections ORDER BY name'),
      projection: prepare('SELECT name, last_generation AS lastNumber FROM projections WHERE name = ?'),
      generations: prepare(SELECT_GENERATIONS),
      parts: prepare(SELECT_PARTS),
      id: prepare('SELECT id FROM generations WHERE projection = ? AND number = ?'),
      keepNumber: prepare(KEEP_NUMBER),
      insert: prepare(INSERT_GENERATION),
      insertPart: prepare('INSERT INTO partitions (generation, number, position, epoch, digest, updated_at) VALUES (?, ?, NULL, ?, ?, ?)'),
      update: prepare('UPDATE generations SET state = ?, is_bulk = ?, epoch = ?, updated_at = ? WHERE id = ?'),
      updatePart: prepare('UPDATE partitions SET epoch = ? WHERE generation = ? AND number = ?'),
      remove: prepare('DELETE FROM generations WHERE id = ?'),
      removeParts: prepare('DELETE FROM partitions WHERE generation = ?'),
      moveCheckpoint: prepare(MOVE_CHECKPOINT),
      movePart: prepare(MOVE_PART),
      collections: prepare(`${SELECT_COLLECTION} WHERE generation = ? ORDER BY id`),
      servingCollection: prepare(SERVING_COLLECTION),
      collectionOwner: prepare(COLLECTION_OWNER),
      insertCollection: prepare('INSERT INTO collections (generation, name, has_state, declaration) VALUES (?, ?, ?, ?) RETURNING id'),
      declareCollection: prepare('UPDATE collections SET declaration = ? WHERE id = ?'),
      removeCollections: prepare('DELETE FROM collections WHERE generation = ?'),
    };
  }

  /** Of all projections that ever had a generation, by name. */
  all(): readonly ProjectionRecord[] {
    return (this.#statements.projections.all() as unknown as readonly ProjectionRow[]).map((row) => this.#stored(row).record);
  }

  /** An empty one where there is nothing. */
  find(projection: string): StoredRecord {
    const row = this.#statements.projection.get(projection) as ProjectionRow | undefined;
    return this.#stored(row ?? { name: projection, lastNumber: 0 });
  }

  /** Errors: READ_STORE_UNKNOWN_GENERATION. */
  idOf(projection: string, number: number): number {
    const row = this.#statements.id.get(projection, number) as { readonly id: number } | undefined;
    if (!row) throw new UnknownGeneration(projection, number);
    return row.id;
  }

  /** Writes what a decision has changed. Generations that are gone stay until `remove`. */
  keep({ record: before, ids }: StoredRecord, next: ProjectionRecord): void {
    const { projection, lastNumber, generations } = next;
    if (lastNumber !== before.lastNumber) this.#statements.keepNumber.run(projection, lastNumber);
    // Of two, the one that serves no more comes first: at most one row says so.
    for (const generation of generations.toSorted(servingLast)) {
      const id = ids.get(generation.number);
      if (id === undefined) this.#insert(projection, generation);
      else
        this.#update(
          id,
          before.generations.find(({ number }) => number === generation.number),
          generation,
        );
    }
  }

  /** With its collections. */
  remove(id: number): void {
    const { removeCollections, removeParts, remove } = this.#statements;
    for (const statement of [removeCollections, removeParts, remove]) statement.run(id);
  }

  /** The command `commit` as one statement. False if it is refused: nothing was changed. */
  moveCheckpoint(id: number, { partition, epoch, at }: CommitClaim, move: CheckpointMove): boolean {
    const { moveCheckpoint, movePart } = this.#statements;
    const parameters = [move.to ?? null, move.digest, eventMarkText(move.lastEvent), at, id, move.from ?? null, epoch];
    return (partition === 0 ? moveCheckpoint.run(...parameters) : movePart.run(...parameters, partition)).changes === 1;
  }

  collections(id: number): readonly StoredCollection[] {
    return (this.#statements.collections.all(id) as unknown as readonly CollectionRow[]).map(collectionOf);
  }

  /** The collection of this name that queries see. */
  servingCollection(name: string): ServingCollection | undefined {
    const row = this.#statements.servingCollection.get(name) as (CollectionRow & { readonly position: string | null }) | undefined;
    return row && { ...collectionOf(row), position: positionOf(row.position) };
  }

  /** A projection that has a collection, other than this one where there is another one. */
  ownerOf(collection: string, projection: string): string | undefined {
    return (this.#statements.collectionOwner.get(collection, projection) as { readonly projection: string } | undefined)?.projection;
  }

  addCollection(id: number, { name, hasState, declaration }: NewCollection): StoredCollection {
    const row = this.#statements.insertCollection.get(id, name, hasState ? 1 : 0, declaration) as { readonly id: number };
    return { id: row.id, name, hasState, declaration };
  }

  declareCollection(collection: StoredCollection): void {
    this.#statements.declareCollection.run(collection.declaration, collection.id);
  }

  #stored({ name: projection, lastNumber }: ProjectionRow): StoredRecord {
    const rows = this.#statements.generations.all(projection) as unknown as readonly GenerationRow[];
    return {
      record: { projection, lastNumber, generations: rows.map((row) => this.#generationOf(row)) },
      ids: new Map(rows.map(({ number, id }) => [number, id])),
    };
  }

  #generationOf({ id, position: place, epoch, digest, lastEvent, isBulk, collections, ...generation }: GenerationRow): GenerationRecord {
    const { updatedAt } = generation;
    const others = this.#statements.parts.all(id) as unknown as readonly PartRow[];
    const parts = [{ position: place, epoch, digest, lastEvent, updatedAt }, ...others].map(partOf);
    return { ...generation, isBulk: isBulk === 1, collections: JSON.parse(collections) as readonly string[], parts };
  }

  #insert(projection: string, { parts: [first, ...others], ...generation }: GenerationRecord): void {
    const { number, state, version, fingerprint, incarnation, isBulk, createdAt, updatedAt } = generation;
    const values = [projection, number, state, version, fingerprint, incarnation, first?.epoch ?? 0, first?.digest ?? '', isBulk ? 1 : 0];
    const { lastInsertRowid } = this.#statements.insert.run(...values, createdAt, updatedAt);
    for (const [index, { epoch, digest }] of others.entries()) {
      this.#statements.insertPart.run(lastInsertRowid, index + 1, epoch, digest, updatedAt);
    }
  }

  /** The checkpoints are left alone: these move by commits only. */
  #update(id: number, before: GenerationRecord | undefined, { state, isBulk, updatedAt, parts }: GenerationRecord): void {
    const { update, updatePart } = this.#statements;
    const [first, ...others] = parts;
    const isSame = before?.state === state && before.isBulk === isBulk && before.updatedAt === updatedAt && before.parts[0]?.epoch === first?.epoch;
    if (!isSame) update.run(state, isBulk ? 1 : 0, first?.epoch ?? 0, updatedAt, id);
    for (const [index, { epoch }] of others.entries()) {
      if (before?.parts[index + 1]?.epoch !== epoch) updatePart.run(epoch, id, index + 1);
    }
  }
}

export interface ServingCollection extends StoredCollection {
  /** Of its generation's checkpoint: the smallest of its parts'. */
  readonly position: Position | undefined;
}

interface ProjectionRow {
  readonly name: string;
  readonly lastNumber: number;
}

interface PartRow {
  readonly position: string | null;
  readonly epoch: number;
  readonly digest: string;
  readonly lastEvent: string | null;
  readonly updatedAt: string;
}

/** The generation and its first part. */
interface GenerationRow extends PartRow {
  readonly id: number;
  readonly number: number;
  readonly state: GenerationState;
  readonly version: number;
  readonly fingerprint: string;
  readonly incarnation: Incarnation;
  readonly isBulk: number;
  readonly createdAt: string;
  /** JSON of their names. */
  readonly collections: string;
}

const positionOf = (text: string | null): Position | undefined => (text === null ? undefined : position(text));

const partOf = ({ position: place, lastEvent, ...part }: PartRow): PartRecord => ({
  ...part,
  position: positionOf(place),
  ...lastEventIn(lastEvent),
});

const servingLast = (left: GenerationRecord, right: GenerationRecord): number => Number(left.state === 'serving') - Number(right.state === 'serving');

interface CollectionRow {
  readonly id: number;
  readonly name: string;
  readonly hasState: number;
  readonly declaration: string;
}

const collectionOf = ({ id, name, hasState, declaration }: CollectionRow): StoredCollection => ({ id, name, hasState: hasState === 1, declaration });

const SELECT_GENERATIONS = `
  SELECT id, number, state, version, fingerprint, incarnation, CAST(position AS TEXT) AS position, epoch, digest,
    last_event AS lastEvent, is_bulk AS isBulk, created_at AS createdAt, updated_at AS updatedAt,
    (SELECT json_group_array(name) FROM (SELECT name FROM collections WHERE generation = generations.id ORDER BY id)) AS collections
  FROM generations WHERE projection = ? ORDER BY number`;

const SELECT_PARTS = `
  SELECT CAST(position AS TEXT) AS position, epoch, digest, last_event AS lastEvent, updated_at AS updatedAt
  FROM partitions WHERE generation = ? ORDER BY number`;

const KEEP_NUMBER = `
  INSERT INTO projections (name, last_generation) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last_generation = excluded.last_generation`;

const INSERT_GENERATION = `
  INSERT INTO generations (projection, number, state, version, fingerprint, incarnation, position, epoch, digest, is_bulk, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)`;

const MOVE_CHECKPOINT =
  'UPDATE generations SET position = ?, digest = ?, last_event = ?, updated_at = ? WHERE id = ? AND position IS ? AND epoch = ?';

const MOVE_PART = `
  UPDATE partitions SET position = ?, digest = ?, last_event = ?, updated_at = ? WHERE generation = ? AND position IS ? AND epoch = ? AND number = ?`;

const SELECT_COLLECTION = 'SELECT id, name, has_state AS hasState, declaration FROM collections';

const SERVING_COLLECTION = `
  SELECT c.id, c.name, c.has_state AS hasState, c.declaration, CAST(CASE
    WHEN EXISTS (SELECT 1 FROM partitions p WHERE p.generation = g.id AND p.position IS NULL) THEN NULL
    ELSE min(g.position, coalesce((SELECT min(p.position) FROM partitions p WHERE p.generation = g.id), g.position)) END AS TEXT) AS position
  FROM collections c JOIN generations g ON g.id = c.generation WHERE c.name = ? AND g.state = 'serving'`;

const COLLECTION_OWNER = `
  SELECT g.projection FROM collections c JOIN generations g ON g.id = c.generation WHERE c.name = ? AND g.projection <> ? LIMIT 1`;
