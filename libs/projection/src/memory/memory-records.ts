// The in-memory side of a record store: each request is one step on its maps.
import type { Runtime } from '@mainstem/event-store';
import { ReadStoreUnavailable, UnknownGeneration } from '../read-store/errors.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { LeaseAnswer } from '../read-store/lease.js';
import type { Note } from '../read-store/note.js';
import type { GenerationSnapshot, ParkedEvent, ScanEntry, ScanOptions } from '../read-store/read-store.js';
import type { Decided } from '../record/decide.js';
import type { LeaseCommand } from '../record/lease-record.js';
import type { ProjectionRecord } from '../record/projection-record.js';
import type { RecordCommand } from '../record/record-command.js';
import type { Described, LeaseBook, RecordStore } from '../record/record-store.js';
import type { MemoryGeneration } from './memory-generation.js';
import { MemorySessionStore, type MemoryTransaction } from './memory-session.js';
import { MemoryState } from './memory-state.js';

export class MemoryRecords implements RecordStore<MemoryTransaction> {
  readonly hasTransactions = true;
  readonly hasPartitions = true;
  readonly #runtime: Runtime;
  readonly #state = new MemoryState();
  #isClosed = false;

  constructor(
    readonly name: string,
    runtime: Runtime,
  ) {
    this.#runtime = runtime;
  }

  async records(projection?: string): Promise<readonly ProjectionRecord[]> {
    return this.#opened.records(projection);
  }

  async change({ name }: Described, command: RecordCommand): Promise<Decided> {
    return this.#opened.change(name, command);
  }

  async leases(projection?: string): Promise<LeaseBook> {
    return { leases: this.#opened.leases(projection), nowMs: this.#runtime.monotonic() };
  }

  async changeLease(command: LeaseCommand): Promise<LeaseAnswer> {
    return this.#opened.changeLease(command, this.#runtime.monotonic());
  }

  async notes(projections: readonly string[]): Promise<readonly Note[]> {
    return this.#opened.notes(projections);
  }

  async note(projection: string, name: string, text: string | undefined): Promise<void> {
    this.#opened.note(projection, name, text);
  }

  async session({ projection, number }: Generation): Promise<MemorySessionStore> {
    const opened = this.#opened.content(projection, number);
    if (!opened) throw new UnknownGeneration(projection, number);
    // A generation that is dropped meanwhile can still be read by its open readers.
    const content = (): MemoryGeneration => this.#opened.content(projection, number) ?? opened;
    return new MemorySessionStore(content, (batch, claim) => this.#opened.commit(projection, claim, batch));
  }

  async scan(projection: string, number: number, collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
    return this.#opened.scan(projection, number, collection, options);
  }

  async snapshot<Result>(projection: string, number: number, work: (snapshot: GenerationSnapshot) => Promise<Result>): Promise<Result> {
    return work(this.#opened.snapshot(projection, number));
  }

  async parked(projection: string, limit: number): Promise<readonly ParkedEvent[]> {
    return this.#opened.parked(projection, limit);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** Like `MemoryState.served`, also after closing: for checks of the outcome. */
  served(collection: string): ReadonlyMap<string, string> {
    return this.#state.served(collection).texts;
  }

  /** Errors: READ_STORE_UNAVAILABLE after it was closed. */
  get #opened(): MemoryState {
    if (this.#isClosed) throw new ReadStoreUnavailable(this.name, 'it is closed');
    return this.#state;
  }
}
