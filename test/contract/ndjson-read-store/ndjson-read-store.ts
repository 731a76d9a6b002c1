// A read store that is a folder with one append-only NDJSON file: the example of docs/write-your-own-read-store.md.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemRuntime, type Position, type Runtime } from '@mainstem/event-store';
import {
  decodeForQuery,
  RecordedReadStore,
  ReadStoreUnavailable,
  UnknownGeneration,
  type Decided,
  type Described,
  type Generation,
  type GenerationSnapshot,
  type LeaseAnswer,
  type LeaseBook,
  type LeaseCommand,
  type Note,
  type MemoryState,
  type ParkedEvent,
  type ProjectionRecord,
  type RecordCommand,
  type RecordStore,
  type ScanEntry,
  type ScanOptions,
  type SessionStore,
} from '@mainstem/projection/adapter';
import { Journal } from './journal.js';
import { lineOf } from './lines.js';

const FILE = 'journal.ndjson';

// #region store
/** Keeps all documents in memory too, and reads its whole file when it is opened: for read models of some megabytes. */
export class NdjsonReadStore extends RecordedReadStore {
  readonly #records: NdjsonRecords;

  constructor(dir: string, runtime: Runtime = systemRuntime) {
    mkdirSync(dir, { recursive: true });
    const records = new NdjsonRecords(new Journal(join(dir, FILE), runtime), runtime);
    super(records, runtime);
    this.#records = records;
  }

  /** For queries: a document of the serving generation, without the engine's bookkeeping, with its position. */
  async get(
    projection: string,
    collection: string,
    key: string,
  ): Promise<{ readonly value: object | undefined; readonly position: Position | undefined }> {
    const { texts, serving } = this.#records.state().served(collection);
    const text = serving?.projection === projection ? texts.get(key) : undefined;
    return { value: text === undefined ? undefined : decodeForQuery(text, true), position: serving?.checkpoint.position };
  }
}
// #endregion

class NdjsonRecords implements RecordStore {
  readonly name = 'ndjson';
  readonly hasTransactions = false;
  readonly hasPartitions = true;
  readonly #journal: Journal;
  readonly #runtime: Runtime;
  #isClosed = false;

  constructor(journal: Journal, runtime: Runtime) {
    this.#journal = journal;
    this.#runtime = runtime;
  }

  // #region records
  async records(projection?: string): Promise<readonly ProjectionRecord[]> {
    return this.state().records(projection);
  }

  async change({ name }: Described, command: RecordCommand): Promise<Decided> {
    const decided = this.#open.ask({ do: 'change', projection: name, command }) as Decided;
    if (command.do === 'promote') this.#journal.flush();
    return decided;
  }

  async leases(projection?: string): Promise<LeaseBook> {
    return { leases: this.state().leases(projection), nowMs: this.#runtime.now() };
  }

  async changeLease(command: LeaseCommand): Promise<LeaseAnswer> {
    return this.#open.ask({ do: 'lease', command, nowMs: this.#runtime.now() }) as LeaseAnswer;
  }

  async notes(projections: readonly string[]): Promise<readonly Note[]> {
    return this.state().notes(projections);
  }

  async note(projection: string, name: string, text: string | undefined): Promise<void> {
    this.#open.ask({ do: 'note', projection, name, text });
    this.#journal.flush();
  }
  // #endregion

  // #region session
  async session({ projection, number }: Generation): Promise<SessionStore> {
    const content = () => {
      const found = this.state().content(projection, number);
      if (!found) throw new UnknownGeneration(projection, number);
      return found;
    };
    return {
      load: async (collection, keys) => content().load(collection, keys),
      commit: async (batch, claim) => void this.#open.ask({ do: 'commit', projection, claim, batch: lineOf(batch) }),
      parked: async (query) => content().parkedEvents(query),
      parkedKeys: async () => content().parkedKeys(),
    };
  }
  // #endregion

  async scan(projection: string, number: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.state().scan(projection, number, collection, options);
  }

  async snapshot<Result>(projection: string, number: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return work(this.state().snapshot(projection, number));
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return this.state().parked(projection, limit);
  }

  async close(): Promise<void> {
    if (!this.#isClosed) this.#journal.close();
    this.#isClosed = true;
  }

  state(): MemoryState {
    return this.#open.state();
  }

  get #open(): Journal {
    if (this.#isClosed) throw new ReadStoreUnavailable(this.name, 'it is closed');
    return this.#journal;
  }
}
