// The right to write one part of a generation, on every store that keeps records.
import { CheckpointMoved } from '../read-store/errors.js';
import type { Checkpoint, Generation } from '../read-store/checkpoint.js';
import { checkpointIn } from '../read-store/partition.js';
import type { CommitBatch, ParkedEvent, ParkedQuery, ProjectionDocument, TransactionalSession } from '../read-store/read-store.js';
import type { FinishBulk } from './record-command.js';
import type { CommitClaim, SessionStore } from './record-store.js';

/** What a session needs of its store. */
export interface SessionParts<Transaction> {
  readonly store: SessionStore<Transaction>;
  /** Decides that the generation is complete from now on. */
  readonly finish: (command: FinishBulk) => Promise<unknown>;
  /** ISO 8601 in UTC. */
  readonly now: () => string;
}

export class RecordedSession<Transaction = never> implements TransactionalSession<Transaction> {
  readonly generation: number;
  readonly checkpoint: Checkpoint;
  readonly #projection: string;
  readonly #partition: number;
  readonly #parts: SessionParts<Transaction>;
  #isBulk: boolean;
  #isClosed = false;

  constructor(parts: SessionParts<Transaction>, opened: Generation, partition: number) {
    this.generation = opened.number;
    this.checkpoint = checkpointIn(opened, partition);
    this.#projection = opened.projection;
    this.#partition = partition;
    this.#parts = parts;
    this.#isBulk = opened.isBulk;
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    return this.#parts.store.load(collection, keys);
  }

  async expiredKeys(collection: string, until: number, limit: number): Promise<readonly string[]> {
    return (await this.#parts.store.expiredKeys?.(collection, until, limit)) ?? [];
  }

  async commit(batch: CommitBatch): Promise<void> {
    this.#assertOpen();
    await this.#parts.store.commit(batch, this.#claim);
  }

  async transact(work: (transaction: Transaction) => Promise<void>, batch: Omit<CommitBatch, 'changes'>): Promise<void> {
    this.#assertOpen();
    const { store } = this.#parts;
    if (!store.transact) throw new TypeError('sessions of a store without transactions have no transact');
    await store.transact(work, batch, this.#claim);
  }

  async finishBulk(): Promise<void> {
    this.#assertOpen();
    const { isBulk: _, ...claim } = this.#claim;
    await this.#parts.finish({ do: 'finish-bulk', ...claim });
    this.#isBulk = false;
  }

  async parked(query: ParkedQuery): Promise<readonly ParkedEvent[]> {
    return this.#parts.store.parked(query);
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    return this.#parts.store.parkedKeys();
  }

  /** The epoch alone gives the right to write, so nothing is released in the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  get #claim(): CommitClaim {
    const { generation, checkpoint } = this;
    return { generation, partition: this.#partition, epoch: checkpoint.epoch, isBulk: this.#isBulk, at: this.#parts.now() };
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new CheckpointMoved(this.#projection, this.generation);
  }
}
