// Records, documents and leases in one database: each change is one transaction that locks what the decision looks at.
import type { Runtime } from '@mainstem/event-store';
import {
  checkpointIn,
  concernsServing,
  decide,
  decideLease,
  describedIn,
  FingerprintMismatch,
  generationIn,
  servingIn,
  touchedBy,
  UnknownCollection,
  type CollectionDescriptor,
  type Decided,
  type Described,
  type Effect,
  type Generation,
  type GenerationSnapshot,
  type LeaseAnswer,
  type LeaseBook,
  type LeaseClaim,
  type LeaseCommand,
  type Note,
  type OpenSessionOptions,
  type ParkedEvent,
  type ProjectionDescriptor,
  type ProjectionRecord,
  type RecordCommand,
  type RecordStore,
  type ScanEntry,
  type ScanOptions,
} from '@mainstem/projection/adapter';
import { GenerationRecords } from './bookkeeping/generation-records.js';
import { LeaseExtensions } from './bookkeeping/lease-extensions.js';
import { LeaseRecords } from './bookkeeping/lease-records.js';
import { NoteRecords } from './bookkeeping/note-records.js';
import { ParkedRecords } from './bookkeeping/parked-records.js';
import { DocumentCodec } from './layout/document-codec.js';
import { generationTableName } from './layout/identifiers.js';
import { GenerationTables } from './generation-tables.js';
import type { CollectionTable, SqlConnection, SqlDatabase } from './server/sql-database.js';
import { SqlSession } from './sql-session.js';
import type { SqlTransaction } from './sql-transaction.js';

export class SqlRecords implements RecordStore<SqlTransaction> {
  readonly hasTransactions = true;
  readonly hasPartitions = true;
  readonly #database: SqlDatabase;
  readonly #generations: GenerationRecords;
  readonly #parked: ParkedRecords;
  readonly #leases: LeaseRecords;
  readonly #notes: NoteRecords;
  readonly #extensions: LeaseExtensions;
  readonly #tables: GenerationTables;

  constructor(
    readonly name: string,
    database: SqlDatabase,
    private readonly runtime: Runtime,
  ) {
    this.#database = database;
    this.#generations = new GenerationRecords(database);
    this.#parked = new ParkedRecords(database);
    this.#leases = new LeaseRecords(database);
    this.#notes = new NoteRecords(database);
    this.#extensions = new LeaseExtensions(database, this.#leases, runtime);
    this.#tables = new GenerationTables(database);
  }

  async records(projection?: string): Promise<readonly ProjectionRecord[]> {
    return this.#database.use(async (connection) =>
      projection === undefined ? this.#generations.all(connection) : [await this.#generations.find(connection, projection)],
    );
  }

  async change(projection: Described, command: RecordCommand): Promise<Decided> {
    const { name } = projection;
    if (command.do === 'finish-bulk') await this.#session(projection, command.generation).makeIndexes(command);
    // A power cut may take an opening back: then no session has written by it.
    return this.#database.transact(command.do === 'open' ? 'relaxed' : 'full', async (connection) => {
      // Before any other lock.
      if (concernsServing(command)) await connection.lockName(`serving ${name}`);
      const touched = touchedBy(await this.#generations.find(connection, name), command);
      for (const one of touched) await this.#generations.hold(connection, name, one);
      const before = await this.#generations.whole(connection, name);
      // The tables say to whom a collection belongs, under locks of their own.
      const decided = decide(before, command, () => undefined);
      await this.#generations.keep(connection, before, decided.record);
      for (const effect of decided.effects) await this.#carryOut(connection, effect, { projection, command, record: decided.record });
      return decided;
    });
  }

  async leases(projection?: string): Promise<LeaseBook> {
    return this.#database.use((connection) => this.#leases.list(connection, projection));
  }

  async changeLease(command: LeaseCommand): Promise<LeaseAnswer> {
    return this.#database.transact('relaxed', async (connection) => {
      const { found, nowMs } = await this.#leases.hold(connection, command);
      const { lease, answer } = decideLease(found, command, nowMs);
      if (lease) await this.#leases.keep(connection, lease);
      else await this.#leases.remove(connection, command);
      return answer;
    });
  }

  async extendLease(claim: LeaseClaim): Promise<LeaseAnswer | undefined> {
    const isHeld = await this.#extensions.extend(claim);
    return isHeld ? { isHeld, owner: claim.owner, remainingMs: claim.durationMs } : undefined;
  }

  async notes(projections: readonly string[]): Promise<readonly Note[]> {
    return this.#database.use((connection) => this.#notes.list(connection, projections));
  }

  async note(projection: string, name: string, text: string | undefined): Promise<void> {
    await this.#database.transact('full', async (connection) => {
      if (text === undefined) await this.#notes.remove(connection, { projection, name });
      else await this.#notes.keep(connection, { projection, name, text });
    });
  }

  async session(opened: Generation, partition: number, projection: ProjectionDescriptor, { onLongStep }: OpenSessionOptions): Promise<SqlSession> {
    const session = this.#session(projection, opened.number);
    const { epoch } = checkpointIn(opened, partition);
    const claim = { generation: opened.number, partition, epoch, isBulk: opened.isBulk };
    if (partition === 0) await session.matchIndexes(claim, onLongStep);
    return session;
  }

  /** Besides the port's errors: READ_STORE_FINGERPRINT_MISMATCH if the present entity has other columns. */
  async scan(projection: string, number: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.#database.read(async (connection) => {
      generationIn(await this.#generations.find(connection, projection), number);
      return connection.scan(await this.#stored(connection, { projection, number, collection }), options);
    });
  }

  async snapshot<Result>(projection: string, number: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return this.#database.snapshot(async (connection) => {
      const record = await this.#generations.find(connection, projection);
      const generation = describedIn(record, generationIn(record, number));
      const tables = new Map<string, CollectionTable>();
      return work({
        generation,
        scan: async (collection, options) => {
          const table = tables.get(collection) ?? (await this.#stored(connection, { projection, number, collection }));
          tables.set(collection, table);
          return connection.scan(table, options);
        },
        parked: (query) => this.#parked.list(connection, { projection, generation: number }, query),
      });
    });
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return this.#database.read(async (connection) => {
      const serving = servingIn(await this.#generations.find(connection, projection));
      return serving ? this.#parked.list(connection, { projection, generation: serving.number }, { limit }) : [];
    });
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async #carryOut(connection: SqlConnection, effect: Effect, { projection, command, record }: Change): Promise<void> {
    const { name, collections = [] } = projection;
    switch (effect.do) {
      case 'make':
        return this.#tables.create(connection, describedIn(record, generationIn(record, effect.generation)), collections);
      case 'begin':
        return this.#assertSameShape(connection, { name, collections }, effect.generation);
      case 'show':
        // No reader has seen a projection that begins, so none is kept waiting.
        if (command.do === 'create') return this.#show(connection, name, effect);
        return connection.changeViews(() => this.#show(connection, name, effect));
      case 'complete':
        return; // `change` has made the indexes, each in a transaction of its own
      case 'delete':
        await this.#parked.deleteAll(connection, { projection: name, generation: effect.generation });
        return this.#tables.drop(connection, name, effect.generation);
      case 'end-leases':
        return this.#leases.forget(connection, name);
      case 'remove-notes':
        return this.#notes.forget(connection, name);
    }
  }

  async #show(connection: SqlConnection, projection: string, { former, generation }: Extract<Effect, { readonly do: 'show' }>): Promise<void> {
    const recordsOf = async (number: number | undefined) => (number === undefined ? [] : this.#tables.list(connection, projection, number));
    await this.#tables.show(connection, await recordsOf(former), await recordsOf(generation));
  }

  /** The definition's fingerprint does not see the decorators of its entities: a changed column shows here. */
  async #assertSameShape(connection: SqlConnection, { name, collections }: Required<Described>, generation: number): Promise<void> {
    const stored = new Map((await this.#tables.list(connection, name, generation)).map((record) => [record.collection, record]));
    const isSame =
      stored.size === collections.length &&
      collections.every((collection) => {
        const { view, signature } = this.#database.layouts.of(collection.document);
        return stored.get(collection.name)?.view === view && stored.get(collection.name)?.signature === signature;
      });
    if (!isSame) throw new FingerprintMismatch(name, generation);
  }

  #session({ name, collections = [] }: Described, generation: number): SqlSession {
    const tables = new Map(collections.map((collection) => [collection.name, this.#collectionTable(collection, generation)]));
    const parts = { store: this.name, database: this.#database, generations: this.#generations, parked: this.#parked, tables: this.#tables };
    const now = (): string => new Date(this.runtime.now()).toISOString();
    return new SqlSession(parts, { projection: name, generation, collections, tables, now });
  }

  /** A stored collection by its names. Errors: READ_STORE_UNKNOWN_COLLECTION, READ_STORE_FINGERPRINT_MISMATCH. */
  async #stored(connection: SqlConnection, { projection, number, collection }: StoredCollection): Promise<CollectionTable> {
    const record = (await this.#tables.list(connection, projection, number)).find((one) => one.collection === collection);
    if (!record) throw new UnknownCollection(projection, number, collection);
    const layout = this.#database.layouts.named(record.view);
    if (layout?.signature !== record.signature) throw new FingerprintMismatch(projection, number);
    const hasState = await this.#tables.hasState(connection, record.table);
    const codec = new DocumentCodec(collection, layout, hasState, (kind) => this.#database.decoderOf(kind));
    return { collection, sqlName: this.#database.sqlName(record.table), codec };
  }

  #collectionTable({ name, document, hasState }: CollectionDescriptor, generation: number): CollectionTable {
    const layout = this.#database.layouts.of(document);
    const codec = new DocumentCodec(name, layout, hasState, (kind) => this.#database.decoderOf(kind));
    return { collection: name, sqlName: this.#database.sqlName(generationTableName(layout.view, generation)), codec };
  }
}

interface Change {
  readonly projection: Described;
  readonly command: RecordCommand;
  readonly record: ProjectionRecord;
}

interface StoredCollection {
  readonly projection: string;
  readonly number: number;
  readonly collection: string;
}
