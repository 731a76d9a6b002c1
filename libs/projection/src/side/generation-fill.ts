// Fills a side generation up to an exact position, with the engine's writers; it has no other writer.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isPositionBefore, systemRuntime, type EventReader, type Position, type RecordedEvent, type Runtime } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import type { Batch, BatchWriter } from '../write/batch-writer.js';
import { DocumentWriter } from '../write/document-writer.js';
import type { Poison } from '../fold/batch-refused.js';
import { narrowedBy, narrowingAt, type Narrowing } from '../fold/narrowing.js';
import { reasonOf } from '../fold/failures.js';
import { HandlerWriter } from '../write/handler-writer.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { OpenGeneration } from '../generations/open-generation.js';
import { markAt } from '../generations/same-log.js';
import type { Condemned } from '../fold/parking.js';
import { ProjectionFailed } from '../fold/errors.js';
import type { Partition } from '../read-store/partition.js';
import { readUpTo } from '../feed/event-range.js';

export interface FillOptions {
  readonly reader: EventReader;
  readonly hosted: HostedProjection;
  readonly generation: number;
  /** The part; default all of it. */
  readonly partition?: Partition | undefined;
  readonly runtime?: Runtime | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Events that are passed without being applied. Default none. */
  readonly skips?: (event: RecordedEvent) => boolean;
  readonly onProgress?: ((position: Position) => void) | undefined;
}

const CACHE_BYTES_MAX = 64 * 1024 * 1024;
const BATCH_SIZE_MAX = 10_000;

export class GenerationFill {
  readonly #options: FillOptions;
  readonly #writer: BatchWriter;
  readonly #open: OpenGeneration;
  #condemned: readonly Condemned[] = [];

  private constructor(options: FillOptions, open: OpenGeneration) {
    const { projection, store } = options.hosted;
    const expiry = store.expiryOf?.(projection.name);
    this.#options = options;
    this.#open = open;
    this.#writer = projection.kind === 'document' ? new DocumentWriter(projection, { expiry }) : new HandlerWriter(projection);
  }

  /** Takes the right to write the generation. Errors: those of the read store. */
  static async open(options: FillOptions): Promise<GenerationFill> {
    const { projection, store } = options.hosted;
    const session = await store.open(projection, options.generation, options.partition?.number);
    try {
      return new GenerationFill(
        options,
        new OpenGeneration(session, projection, { partition: options.partition }, await session.parkedKeys(), CACHE_BYTES_MAX),
      );
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /**
   * Applies everything up to and including the position, and leaves the checkpoint there, whatever the event there is.
   * An event that fails is parked or ends the fill, by the projection's recovery policy, without a second try. Errors:
   * PROJECTION_FAILED, EVENT_STORE_ABORTED, those of the stores.
   */
  async to(until: Position | undefined): Promise<void> {
    const { reader, hosted, signal, skips, onProgress } = this.#options;
    const filter = filterFor([hosted.projection]);
    for await (const read of readUpTo(reader, { after: this.#open.position, until, filter, batchSizeMax: BATCH_SIZE_MAX, signal })) {
      const lastEvent = read.at(-1);
      const position = lastEvent?.position;
      await this.#write({ events: skips ? read.filter((event) => !skips(event)) : read, position, lastEvent });
      this.#open.assertParkedKeysBounded();
      if (position !== undefined) onProgress?.(position);
      await nextTurn(); // others need to run, too
    }
    if (until !== undefined && isPositionBefore(this.#open.position, until)) {
      this.#open.pass(this.#open.move(until, this.#open.digest, await markAt(reader, until, signal)));
    }
    await this.#open.saveCheckpoint();
  }

  /** Builds what a bulk generation lacks. */
  async finishBulk(): Promise<void> {
    await this.#open.session.finishBulk();
  }

  async close(): Promise<void> {
    await this.#open.session.close();
  }

  /** Each round writes up to the failing event, takes fewer events, or condemns one: so it ends. */
  async #write(batch: Batch): Promise<void> {
    const { hosted, runtime = systemRuntime } = this.#options;
    let narrowing: Narrowing | undefined;
    for (let rest = batch; ; rest = batchAfter(batch, this.#open.position)) {
      const part = firstOf(rest, narrowing?.limit);
      try {
        const written = { condemned: this.#condemned, nowMs: runtime.now(), isCheckpointDue: false };
        const { poison } = await this.#writer.write(this.#open, part, written);
        if (poison) this.#condemn(poison);
        else if (part === rest) return;
        narrowing = narrowingAt(narrowing, this.#open.position);
      } catch (error) {
        const narrowed = narrowedBy(error, batchAfter(part, this.#open.position).events, hosted.store.hasTransactions);
        if (!narrowed) throw error;
        this.#open.dropCaches(); // nothing of these events was written, but totals in memory have changed
        if (narrowed.kind === 'fault') this.#condemn(narrowed.poison);
        narrowing = narrowed.kind === 'narrower' ? narrowed.narrowing : undefined;
      }
    }
  }

  #condemn({ event, key, error }: Poison): void {
    const { projection, recovery } = this.#options.hosted;
    const failed = new ProjectionFailed(projection.name, key, event.position, event.type, error);
    if (recovery?.onFailure !== 'park' || this.#condemned.some((one) => one.position === event.position && one.key === key)) throw failed;
    this.#condemned = [
      ...this.#condemned.filter(({ position }) => position === event.position),
      { position: event.position, key, error: reasonOf(failed) },
    ];
  }
}

/** The rest of it at a position: a large batch is written in several commits. */
const batchAfter = ({ events, ...end }: Batch, reached: Position | undefined): Batch => ({
  events: reached === undefined ? events : events.filter((event) => event.position > reached),
  ...end,
});

/** Its first events, at most this many; the batch itself if it has no more. */
const firstOf = (batch: Batch, limit = Infinity): Batch => {
  if (batch.events.length <= limit) return batch;
  const events = batch.events.slice(0, limit);
  const lastEvent = events.at(-1);
  return { events, position: lastEvent?.position, lastEvent };
};
