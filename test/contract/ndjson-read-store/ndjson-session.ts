// The right to write one generation, until a later line takes it away.
import { encodeJson } from '@mainstem/event-store';
import {
  CheckpointMoved,
  InvalidDocument,
  type Checkpoint,
  type CollectionChanges,
  type CommitBatch,
  type Generation,
  type ParkedEvent,
  type ProjectionDocument,
  type ReadStoreSession,
} from '@mainstem/projection/adapter';
import { batchLine } from './change.js';
import type { GenerationContent } from './generations.js';
import type { ProjectionLog } from './projection-log.js';

// #region session
export class NdjsonSession implements ReadStoreSession {
  readonly generation: number;
  readonly checkpoint: Checkpoint;
  readonly #projection: string;
  readonly #log: ProjectionLog;
  #isClosed = false;

  constructor(log: ProjectionLog, { projection, number, checkpoint }: Generation) {
    this.#log = log;
    this.#projection = projection;
    this.generation = number;
    this.checkpoint = checkpoint;
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    const documents = this.#content().documents(collection);
    return new Map(keys.flatMap((key) => [[key, documents.get(key)] as const]).filter((entry): entry is [string, object] => entry[1] !== undefined));
  }

  async commit(batch: CommitBatch): Promise<void> {
    this.#assertOpen();
    for (const changes of batch.changes) assertStorable(changes);
    this.#log.write({ do: 'commit', generation: this.generation, epoch: this.checkpoint.epoch, batch: batchLine(batch) });
  }

  async finishBulk(): Promise<void> {
    this.#assertOpen();
    this.#log.write({ do: 'finish-bulk', generation: this.generation, epoch: this.checkpoint.epoch });
  }
  // #endregion

  async parked(options: { readonly key?: string; readonly after?: bigint; readonly limit: number }): Promise<readonly ParkedEvent[]> {
    return this.#content().parkedEvents(options);
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const { key } of this.#content().parked.values()) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #content(): GenerationContent {
    return this.#log.read().find(this.generation);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new CheckpointMoved(this.#projection, this.generation);
  }
}

/** Errors: READ_STORE_INVALID_DOCUMENT, before anything was written. */
const assertStorable = ({ collection, upserts }: CollectionChanges): void => {
  for (const [key, document] of upserts) {
    try {
      encodeJson(document, 'document');
    } catch (error) {
      throw new InvalidDocument(collection, key, error instanceof Error ? error.message : String(error), error);
    }
  }
};
