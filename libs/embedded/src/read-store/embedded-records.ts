// Records, documents and leases in one SQLite file: each change is one transaction that holds the write lock.
import type { DatabaseSync } from 'node:sqlite';
import {
  decide,
  type Decided,
  decideLease,
  describedIn,
  type Described,
  type Effect,
  FingerprintMismatch,
  type Generation,
  generationIn,
  type GenerationSnapshot,
  type LeaseAnswer,
  type LeaseBook,
  type LeaseCommand,
  type Note,
  type ParkedEvent,
  type ProjectionRecord,
  type RecordCommand,
  type RecordStore,
  type ScanEntry,
  type ScanOptions,
  servingIn,
  UnknownCollection,
} from '@mainstem/projection/adapter';
import type { CollectionTables, StoredCollection } from './collection-tables.js';
import { EmbeddedSession } from './embedded-session.js';
import { GenerationRecords } from './bookkeeping/generation-records.js';
import { LeaseRecords } from './bookkeeping/lease-records.js';
import { NoteRecords } from './bookkeeping/note-records.js';
import { ParkedRecords } from './bookkeeping/parked-records.js';
import type { ReadStoreFile } from './read-store-file.js';

export class EmbeddedRecords implements RecordStore {
  readonly name: string;
  readonly hasTransactions = false;
  readonly hasPartitions = true;
  readonly #file: ReadStoreFile;
  readonly #tablesOn: (database: DatabaseSync) => CollectionTables;
  readonly #writer: RecordParts;
  readonly #reader: RecordParts;

  constructor(file: ReadStoreFile, tablesOn: (database: DatabaseSync) => CollectionTables) {
    this.name = file.options.name;
    this.#file = file;
    this.#tablesOn = tablesOn;
    this.#writer = this.#partsOn(file.writer);
    this.#reader = this.#partsOn(file.reader);
  }

  async records(projection?: string): Promise<readonly ProjectionRecord[]> {
    const { generations } = this.#reader;
    return this.#file.read(() => (projection === undefined ? generations.all() : [generations.find(projection).record]));
  }

  async change(projection: Described, command: RecordCommand): Promise<Decided> {
    const { generations } = this.#writer;
    return this.#file.write(() => {
      const stored = generations.find(projection.name);
      const decided = decide(stored.record, command, (collection) => generations.ownerOf(collection, projection.name));
      generations.keep(stored, decided.record);
      for (const effect of decided.effects) this.#carryOut(effect, projection, decided.record);
      return decided;
    });
  }

  async leases(projection?: string): Promise<LeaseBook> {
    return this.#file.read(() => this.#reader.leases.list(projection));
  }

  async changeLease(command: LeaseCommand): Promise<LeaseAnswer> {
    const { leases } = this.#writer;
    return this.#file.write(() => {
      const { lease, answer } = decideLease(leases.find(command), command, leases.nowMs());
      if (lease) leases.keep(lease);
      else leases.remove(command);
      return answer;
    });
  }

  async notes(projections: readonly string[]): Promise<readonly Note[]> {
    return this.#file.read(() => this.#reader.notes.list(projections));
  }

  async note(projection: string, name: string, text: string | undefined): Promise<void> {
    const { notes } = this.#writer;
    await this.#file.write(() => (text === undefined ? notes.remove({ projection, name }) : notes.keep({ projection, name, text })));
  }

  async session({ projection, number }: Generation): Promise<EmbeddedSession> {
    const { generations, parked, tables } = this.#writer;
    return this.#file.readForWriting(() => {
      const id = generations.idOf(projection, number);
      return new EmbeddedSession(
        { file: this.#file, generations, parked, tables },
        { projection, number, id, collections: generations.collections(id) },
      );
    });
  }

  async scan(projection: string, number: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.#file.read(() => scanIn(this.#reader, { projection, number, collection }, options));
  }

  async snapshot<Result>(projection: string, number: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return this.#file.snapshot(async (database) => {
      const parts = this.#partsOn(database);
      const { record, ids } = parts.generations.find(projection);
      return work({
        generation: describedIn(record, generationIn(record, number)),
        scan: async (collection, options) => scanIn(parts, { projection, number, collection }, options),
        parked: async (query) => parts.parked.list(ids.get(number) ?? 0, query),
      });
    });
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    const { generations, parked } = this.#reader;
    return this.#file.read(() => {
      const { record, ids } = generations.find(projection);
      const id = ids.get(servingIn(record)?.number ?? 0);
      return id === undefined ? [] : parked.list(id, { limit });
    });
  }

  async close(): Promise<void> {
    this.#file.close();
  }

  #partsOn(database: DatabaseSync): RecordParts {
    return {
      generations: new GenerationRecords(database),
      parked: new ParkedRecords(database),
      leases: new LeaseRecords(database),
      notes: new NoteRecords(database),
      tables: this.#tablesOn(database),
    };
  }

  /** Queries look the generation that serves up: there is nothing to show. */
  #carryOut(effect: Effect, { name, collections = [] }: Described, record: ProjectionRecord): void {
    const { generations, leases, notes, parked, tables } = this.#writer;
    if (effect.do === 'end-leases') return leases.forget(name);
    if (effect.do === 'remove-notes') return notes.forget(name);
    if (effect.do === 'show') return;
    const id = generations.idOf(name, effect.generation);
    const stored = generations.collections(id);
    switch (effect.do) {
      case 'make':
        for (const { name: collection, hasState } of collections) {
          tables.create(generations.addCollection(id, { name: collection, hasState, declaration: tables.declare(collection) }));
        }
        return;
      case 'begin':
        for (const collection of stored) this.#derive(collection, describedIn(record, generationIn(record, effect.generation)));
        return;
      case 'complete':
        for (const collection of stored) tables.finishBulk(collection);
        return;
      case 'delete':
        for (const collection of stored) tables.drop(collection);
        parked.clear(id);
        generations.remove(id);
    }
  }

  /** Makes what is derived from documents anew where it was made from another declaration. */
  #derive(stored: StoredCollection, { isBulk, partitions, projection, number }: Generation): void {
    const { generations, tables } = this.#writer;
    const collection = { ...stored, declaration: tables.declare(stored.name) };
    if (collection.declaration === stored.declaration) return;
    // Other parts are written by sessions that derive as before; and no derivation gives what another fold would have.
    if (partitions || tables.foldsOtherwise?.(collection, stored)) throw new FingerprintMismatch(projection, number);
    if (!isBulk) tables.derive(collection, stored);
    generations.declareCollection(collection);
  }
}

/** What works on one connection. */
interface RecordParts {
  readonly generations: GenerationRecords;
  readonly parked: ParkedRecords;
  readonly leases: LeaseRecords;
  readonly notes: NoteRecords;
  readonly tables: CollectionTables;
}

interface ScannedCollection {
  readonly projection: string;
  readonly number: number;
  readonly collection: string;
}

const scanIn = ({ generations, tables }: RecordParts, { projection, number, collection }: ScannedCollection, options: ScanOptions) => {
  const found = generations.collections(generations.idOf(projection, number)).find(({ name }) => name === collection);
  if (!found) throw new UnknownCollection(projection, number, collection);
  return tables.scan(found, options);
};
