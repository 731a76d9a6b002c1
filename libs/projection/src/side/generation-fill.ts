// Fills a generation up to an exact position, with the engine's writers: for side generations, which nobody else writes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isPositionBefore, systemRuntime, type EventReader, type Position, type RecordedEvent, type Runtime } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import type { Batch, BatchWriter } from '../write/batch-writer.js';
import { DocumentWriter } from '../write/document-writer.js';
import { failureClassOf } from '../fold/failure-class.js';
import { BatchRefused, reasonOf, type Poison } from '../fold/failures.js';
import { HandlerWriter } from '../write/handler-writer.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { OpenGeneration } from '../generations/open-generation.js';
import type { Condemned } from '../fold/parking.js';
import { ProjectionFailed } from '../fold/errors.js';
import type { Partition } from '../read-store/partition.js';
import { readUpTo } from '../feed/event-range.js';

export interface FillOptions {
  readonly reader: EventReader;
  readonly hosted: HostedProjection;
  readonly generation: number;
  /** Which part of it; default all of it. */
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
   * Applies everything up to and including the position, and leaves the checkpoint there, whatever the event there is. An event that fails is
   * parked or ends the fill, as the projection's recovery policy says, without a second try.
   * Errors: PROJECTION_FAILED, EVENT_STORE_ABORTED, those of the stores.
   */
  async to(until: Position | undefined): Promise<void> {
    const { reader, hosted, signal, skips, onProgress } = this.#options;
    const filter = filterFor([hosted.projection]);
    for await (const read of readUpTo(reader, { after: this.#open.position, until, filter, batchSizeMax: BATCH_SIZE_MAX, signal })) {
      const position = read.at(-1)?.position;
      await this.#write({ events: skips ? read.filter((event) => !skips(event)) : read, position });
      this.#open.assertParkedKeysBounded();
      if (position !== undefined) onProgress?.(position);
      await nextTurn(); // others want to run, too
    }
    if (until !== undefined && isPositionBefore(this.#open.position, until)) this.#open.pass(this.#open.move(until, this.#open.digest));
    await this.#open.saveCheckpoint();
  }

  /** Builds what a bulk generation lacks. */
  async finishBulk(): Promise<void> {
    await this.#open.session.finishBulk();
  }

  async close(): Promise<void> {
    await this.#open.session.close();
  }

  async #write(batch: Batch): Promise<void> {
    const rest = await this.#attempt(batch);
    if (rest === undefined) return;
    if (rest.poison) this.#condemn(rest.poison);
    // Each round either writes up to the event that failed, or halves the batch, or parks an event: it ends.
    for (const part of rest.parts) await this.#write(part);
  }

  /** What is left to write, if not all of it could be. */
  async #attempt(batch: Batch): Promise<{ readonly parts: readonly Batch[]; readonly poison?: Poison } | undefined> {
    try {
      const nowMs = (this.#options.runtime ?? systemRuntime).now();
      const { poison } = await this.#writer.write(this.#open, batch, { condemned: this.#condemned, nowMs, isCheckpointDue: false });
      if (!poison) return undefined;
      const start = batch.events.findIndex((event) => event.position === poison.event.position);
      return { poison, parts: [{ ...batch, events: batch.events.slice(start) }] };
    } catch (error) {
      if (!(error instanceof BatchRefused) && !this.#isTooMuch(error, batch)) throw error;
      this.#open.dropCaches(); // nothing of these events was written, but totals in memory have moved
      const left = batchAfter(batch, this.#open.position);
      const [event] = error instanceof BatchRefused ? error.events : [];
      if (error instanceof BatchRefused && error.events.length === 1 && event) {
        const poison = { event, key: error.key ?? event.stream, error: error.cause };
        return { poison, parts: [left] };
      }
      return { parts: halvesOf(left) };
    }
  }

  /** Of a store whose session goes on after such a failure: nothing was written. */
  #isTooMuch(error: unknown, { events }: Batch): boolean {
    return events.length > 1 && this.#options.hosted.store.hasTransactions && failureClassOf(error) === 'batch';
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

/** What is left of it at a position: a large batch is written in several commits. */
const batchAfter = ({ events, position }: Batch, reached: Position | undefined): Batch => ({
  events: reached === undefined ? events : events.filter((event) => event.position > reached),
  position,
});

const halvesOf = ({ events, position }: Batch): readonly Batch[] => {
  const middle = Math.ceil(events.length / 2);
  const first = events.slice(0, middle);
  return [
    { events: first, position: first.at(-1)?.position ?? position },
    { events: events.slice(middle), position },
  ].filter((half) => half.events.length > 0);
};
