// Read models in SQL: SQLite for one machine, PostgreSQL for production, through TypeORM. Documents and checkpoint commit as one step.
import { isMainstemError, systemRuntime } from '@mainstem/event-store';
import type { Incarnation, Position, Runtime } from '@mainstem/event-store';
import {
  assertPromotable,
  FingerprintMismatch,
  flawOfStoreName,
  GenerationServes,
  ReadStoreUnavailable,
  UnknownCollection,
  UnknownGeneration,
} from '@mainstem/projection/adapter';
import type { DocumentClass, ReadStore } from '@mainstem/projection';
import type {
  CreateGenerationOptions,
  Generation,
  GenerationSnapshot,
  HeldLease,
  LeaseAnswer,
  LeaseClaim,
  LeaseKey,
  OpenSessionOptions,
  ParkedEvent,
  ProjectionDescriptor,
  PromoteOptions,
  ScanEntry,
  ScanOptions,
} from '@mainstem/projection/adapter';
import type { EntityManager } from 'typeorm';
import { GenerationRecords, newGeneration } from './bookkeeping/generation-records.js';
import { LeaseExtensions } from './bookkeeping/lease-extensions.js';
import { LeaseRecords } from './bookkeeping/lease-records.js';
import { ParkedRecords } from './bookkeeping/parked-records.js';
import { DocumentCodec } from './entity/document-codec.js';
import type { EntityLayouts } from './entity/entity-layouts.js';
import { generationTableName } from './entity/identifiers.js';
import { GenerationTables } from './generation-tables.js';
import { InvalidSqlOptions } from './errors.js';
import { openDatabase } from './open-database.js';
import type { SqlLocation } from './open-database.js';
import type { CollectionTable, SqlConnection, SqlDatabase } from './sql-database.js';
import { SqlReadStoreSession } from './sql-session.js';

export interface SqlReadStoreOptions {
  /** Entities that declare the documents of the projections, and those that queries use. */
  readonly entities: readonly DocumentClass[];
  readonly runtime?: Runtime;
  /** What status and messages call it, and `--store` names; another one where a process has several. Default `sql`. */
  readonly name?: string;
}

/** What a query saw: its result, and the position that all of it reflects. */
export interface ReadResult<T> {
  readonly value: T;
  /** The smallest serving checkpoint of the named projections; undefined while one of them has not begun. */
  readonly position: Position | undefined;
}

/** The read store port on TypeORM. One instance serves any number of projections and queries. */
export class SqlReadStore implements ReadStore {
  /** Rows and checkpoint are in one database. */
  readonly hasAtomicCheckpoint = true;
  readonly hasTransactions = true;
  readonly hasPartitions = true;
  readonly #generations: GenerationRecords;
  readonly #parked: ParkedRecords;
  readonly #leases: LeaseRecords;
  readonly #extensions: LeaseExtensions;
  readonly #layouts: EntityLayouts;
  readonly #tables: GenerationTables;

  private constructor(
    readonly name: string,
    private readonly database: SqlDatabase,
    private readonly runtime: Runtime,
  ) {
    this.#generations = new GenerationRecords(database);
    this.#parked = new ParkedRecords(database);
    this.#leases = new LeaseRecords(database);
    this.#extensions = new LeaseExtensions(database, this.#leases, runtime);
    this.#layouts = database.layouts;
    this.#tables = new GenerationTables(database);
  }

  /**
   * Opens the database and brings its bookkeeping tables up to date; makes the file or the schema if it is missing. Any number of
   * processes may do so at once. Errors: READ_STORE_UNAVAILABLE, READ_STORE_INVALID_OPTIONS, READ_STORE_UNSUPPORTED_ENTITY,
   * READ_STORE_PERMISSION_DENIED, READ_STORE_READ_ONLY, READ_STORE_NEWER, READ_STORE_INVALID_FILE, READ_STORE_CANNOT_OPEN, READ_STORE_SQLITE_TOO_OLD.
   */
  static async open(location: SqlLocation, { entities, runtime = systemRuntime, name = 'sql' }: SqlReadStoreOptions): Promise<SqlReadStore> {
    const flaw = flawOfStoreName(name);
    if (flaw !== undefined) throw new InvalidSqlOptions(flaw);
    return new SqlReadStore(name, await openDatabase(location, { entities, runtime, name }), runtime);
  }

  async generations(projection?: string): Promise<readonly Generation[]> {
    return this.database.use((connection) => this.#generations.list(connection, projection));
  }

  async createGeneration(
    projection: ProjectionDescriptor,
    incarnation: Incarnation,
    { isBulk = false, isSide = false }: CreateGenerationOptions = {},
  ): Promise<Generation> {
    return this.database.transact('full', async (connection) => {
      const serving = await this.#generations.holdServing(connection, projection.name);
      const number = await this.#generations.nextNumber(connection, projection.name);
      const state = isSide ? 'side' : serving || isBulk ? 'filling' : 'serving';
      const generation = newGeneration(projection, incarnation, { number, state, isBulk, createdAt: this.#now() });
      await this.#generations.insert(connection, generation);
      await this.#tables.create(connection, generation, projection.collections);
      if (state === 'serving') await this.#show(connection, projection.name, undefined, number);
      return generation;
    });
  }

  async open(
    projection: ProjectionDescriptor,
    generation: number,
    partition = 0,
    { onLongStep }: OpenSessionOptions = {},
  ): Promise<SqlReadStoreSession> {
    const tables = new Map(projection.collections.map((collection) => [collection.name, this.#collectionTable(collection, generation)]));
    const opened = await this.database.transact('relaxed', async (connection) => {
      const raised = await this.#generations.raiseEpoch(connection, { projection: projection.name, generation, partition });
      if (!raised) throw new UnknownGeneration(projection.name, generation);
      if (raised.fingerprint !== projection.fingerprint) throw new FingerprintMismatch(projection.name, generation);
      await this.#assertSameShape(connection, projection, generation);
      return raised;
    });
    const parts = { store: this.name, database: this.database, generations: this.#generations, parked: this.#parked, tables: this.#tables };
    const session = new SqlReadStoreSession(parts, { opened, partition, tables, collections: projection.collections, now: () => this.#now() });
    if (partition === 0) await session.matchIndexes(opened, onLongStep);
    return session;
  }

  async promote(projection: string, generation: number, options: PromoteOptions = {}): Promise<void> {
    const refusal = await this.database.transact('full', async (connection) => {
      const serving = await this.#generations.holdServing(connection, projection);
      if (serving?.number === generation) return undefined;
      assertPromotable(await this.#found(connection, projection, generation), undefined); // before anybody waits for it
      // Raised, its epochs fence its writers off; and a commit under way there is waited for, so that the comparison below holds.
      const former = serving && (await this.#generations.raiseEpoch(connection, { projection, generation: serving.number }));
      // Somebody may have dropped it while this waited.
      const next = await this.#generations.hold(connection, projection, generation);
      if (!next) throw new UnknownGeneration(projection, generation);
      try {
        assertPromotable(next, former, options);
      } catch (error) {
        if (options.fencesWriter && isMainstemError(error, 'READ_STORE_GENERATION_BEHIND')) return error; // and the raised epoch is committed
        throw error;
      }
      const updatedAt = this.#now();
      if (former) await this.#generations.enter(connection, former, { state: 'retired', updatedAt });
      await this.#generations.enter(connection, next, { state: 'serving', updatedAt });
      await connection.changeViews(() => this.#show(connection, projection, former?.number, generation));
      return undefined;
    });
    if (refusal) throw refusal;
  }

  async dropGeneration(projection: string, generation: number): Promise<void> {
    await this.database.transact('full', async (connection) => {
      const dropped = await this.#generations.raiseEpoch(connection, { projection, generation }); // holds off a commit that is under way
      if (!dropped) throw new UnknownGeneration(projection, generation);
      if (dropped.state === 'serving') throw new GenerationServes(projection, generation);
      await this.#delete(connection, projection, generation);
    });
  }

  async projections(): Promise<readonly string[]> {
    return [...new Set((await this.generations()).map(({ projection }) => projection))];
  }

  /** Besides what the port says: READ_STORE_VIEW_IN_USE while other views depend on its tables. */
  async forget(projection: string): Promise<void> {
    await this.database.transact('full', async (connection) => {
      const served = await this.#generations.holdServing(connection, projection);
      const generations = await this.#generations.list(connection, projection);
      // Raised, the epochs hold off commits that are under way.
      for (const { number } of generations) await this.#generations.raiseEpoch(connection, { projection, generation: number });
      await this.#leases.forget(connection, projection);
      if (served) await connection.changeViews(() => this.#hide(connection, served));
      for (const { number } of generations) await this.#delete(connection, projection, number);
    });
  }

  /** Besides what the port says: READ_STORE_FINGERPRINT_MISMATCH for a generation whose columns are not those of today's entity. */
  async scan(projection: string, generation: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.database.read(async (connection) => {
      await this.#found(connection, projection, generation);
      return connection.scan(await this.#stored(connection, { projection, generation, collection }), options);
    });
  }

  async snapshot<Result>(projection: string, generation: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return this.database.snapshot(async (connection) => {
      const found = await this.#found(connection, projection, generation);
      const tables = new Map<string, CollectionTable>();
      return work({
        generation: found,
        scan: async (collection, options) => {
          const table = tables.get(collection) ?? (await this.#stored(connection, { projection, generation, collection }));
          tables.set(collection, table);
          return connection.scan(table, options);
        },
        parked: (query) => this.#parked.list(connection, { projection, generation }, query),
      });
    });
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return this.database.read(async (connection) => {
      const serving = await this.#generations.findServing(connection, projection);
      return serving ? this.#parked.list(connection, { projection, generation: serving.number }, { limit }) : [];
    });
  }

  async claimLease(claim: LeaseClaim): Promise<LeaseAnswer> {
    const held = { isHeld: true, owner: claim.owner, remainingMs: claim.durationMs };
    if (claim.isExtension && (await this.#extensions.extend(claim))) return held;
    // Those who wait ask most often; they do not write.
    const rival = await this.database.use((connection) => this.#leases.rivalOf(connection, claim));
    if (rival) return rival;
    return this.database.transact('relaxed', async (connection) => {
      if (await this.#leases.claim(connection, claim)) return held;
      return (await this.#leases.rivalOf(connection, claim)) ?? { isHeld: false, owner: undefined, remainingMs: 0 };
    });
  }

  async releaseLease(lease: LeaseKey & { readonly owner: string }): Promise<void> {
    await this.database.transact('relaxed', (connection) => this.#leases.release(connection, lease));
  }

  async leases(projection?: string): Promise<readonly HeldLease[]> {
    return this.database.use((connection) => this.#leases.list(connection, projection));
  }

  /**
   * Runs queries on the entities of serving read models, all on one consistent snapshot, with the position that it reflects. Reads are
   * short: on SQLite they take turns, and nothing else may be awaited in them that needs another read.
   * Errors: READ_STORE_UNAVAILABLE, also while a named projection has no complete read model yet; those of the query come as TypeORM throws them.
   */
  async read<T>(projections: readonly string[], query: (manager: EntityManager) => Promise<T>): Promise<ReadResult<T>> {
    return this.database.read(async (connection, manager) => {
      const position = smallestOf(this.name, projections, await this.#generations.servingPositions(connection));
      return { value: await query(manager), position };
    });
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  #now(): string {
    return new Date(this.runtime.now()).toISOString();
  }

  /** Errors: READ_STORE_UNKNOWN_GENERATION. */
  async #found(connection: SqlConnection, projection: string, generation: number): Promise<Generation> {
    const found = await this.#generations.find(connection, projection, generation);
    if (!found) throw new UnknownGeneration(projection, generation);
    return found;
  }

  async #delete(connection: SqlConnection, projection: string, generation: number): Promise<void> {
    await this.#generations.delete(connection, projection, generation);
    await this.#parked.deleteAll(connection, { projection, generation });
    await this.#tables.drop(connection, projection, generation);
  }

  async #hide(connection: SqlConnection, { projection, number }: Generation): Promise<void> {
    await this.#tables.show(connection, await this.#tables.list(connection, projection, number), []);
  }

  async #show(connection: SqlConnection, projection: string, former: number | undefined, next: number): Promise<void> {
    const shown = former === undefined ? [] : await this.#tables.list(connection, projection, former);
    await this.#tables.show(connection, shown, await this.#tables.list(connection, projection, next));
  }

  /** The definition's fingerprint does not see the decorators of its entities: a changed column shows here. */
  async #assertSameShape(connection: SqlConnection, projection: ProjectionDescriptor, generation: number): Promise<void> {
    const stored = new Map((await this.#tables.list(connection, projection.name, generation)).map((record) => [record.collection, record]));
    const isSame =
      stored.size === projection.collections.length &&
      projection.collections.every(({ name, document }) => {
        const { view, signature } = this.#layouts.of(document);
        return stored.get(name)?.view === view && stored.get(name)?.signature === signature;
      });
    if (!isSame) throw new FingerprintMismatch(projection.name, generation);
  }

  /** A stored collection, found by its names. Errors: READ_STORE_UNKNOWN_COLLECTION, READ_STORE_FINGERPRINT_MISMATCH. */
  async #stored(connection: SqlConnection, { projection, generation, collection }: StoredCollection): Promise<CollectionTable> {
    const record = (await this.#tables.list(connection, projection, generation)).find((one) => one.collection === collection);
    if (!record) throw new UnknownCollection(projection, generation, collection);
    const layout = this.#layouts.named(record.view);
    if (layout?.signature !== record.signature) throw new FingerprintMismatch(projection, generation);
    const hasState = await this.#tables.hasState(connection, record.table);
    const codec = new DocumentCodec(collection, layout, hasState, (kind) => this.database.decoderOf(kind));
    return { collection, sqlName: this.database.sqlName(record.table), codec };
  }

  #collectionTable({ name, document, hasState }: ProjectionDescriptor['collections'][number], generation: number): CollectionTable {
    const layout = this.#layouts.of(document);
    const codec = new DocumentCodec(name, layout, hasState, (kind) => this.database.decoderOf(kind));
    return { collection: name, sqlName: this.database.sqlName(generationTableName(layout.view, generation)), codec };
  }
}

interface StoredCollection {
  readonly projection: string;
  readonly generation: number;
  readonly collection: string;
}

const smallestOf = (store: string, projections: readonly string[], serving: ReadonlyMap<string, Position | undefined>): Position | undefined => {
  let smallest: Position | undefined;
  for (const [place, projection] of projections.entries()) {
    if (!serving.has(projection))
      throw new ReadStoreUnavailable(store, `read model ${projection} does not exist yet, or is not complete; start its projector, or wait for it.`);
    const position = serving.get(projection);
    if (place === 0 || position === undefined || (smallest !== undefined && position < smallest)) smallest = position;
    if (position === undefined) return undefined;
  }
  return smallest;
};
