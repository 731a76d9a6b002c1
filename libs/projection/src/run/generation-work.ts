// The work on an open generation: writes batches, keeps its checkpoint, promotes it, and replays parked events.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OperationAborted, STEP_DEADLINE_MS } from '@mainstem/event-store';
import type { Batch, BatchWriter, Written } from '../write/batch-writer.js';
import { CheckpointSchedule } from './checkpoint-schedule.js';
import { DocumentWriter, type DocumentWriterOptions } from '../write/document-writer.js';
import { failureClassOf } from '../fold/failure-class.js';
import { BatchTooMuch } from '../fold/batch-refused.js';
import { cutFailure } from '../fold/failures.js';
import { HandlerWriter } from '../write/handler-writer.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import type { Progress } from './progress.js';
import type { ProjectionObserver } from './projection-observer.js';
import type { Input, ProjectionState } from './projection-state.js';
import type { Promotion } from '../generations/promotion.js';
import { ReactionWriter } from '../write/reaction-writer.js';
import { replayParked, type ReplayResult } from '../write/replay-parked.js';
import { ReplayRequests } from '../write/replay-requests.js';
import type { RunnerOptions } from './runner-options.js';
import type { FeedReader } from '../feed/shared-subscription.js';

/** A promotion that came too late is tried again after the next event, or after this time. */
const NEWS_WAIT_MS = 100;
/** Steps that take long with much data: indexes, a check of the whole history, a replay. */
export const LONG_STEP_MS = 10 * 60_000;

export interface GenerationWorkOptions extends Pick<RunnerOptions, 'hosted' | 'reader' | 'observe' | 'runtime' | 'crash'> {
  readonly feedReader: FeedReader;
  readonly progress: Progress;
  readonly promotion: Promotion;
  /** Fires when the projection is to stop. */
  readonly signal: AbortSignal;
}

/** Of one projection or part. Only the loop that has the session calls `follow` and `promote`. */
export class GenerationWork {
  readonly #options: GenerationWorkOptions;
  readonly #writer: BatchWriter;
  readonly #checkpoints: CheckpointSchedule;
  readonly #replays = new ReplayRequests();

  constructor(options: GenerationWorkOptions) {
    const { hosted, runtime, progress, feedReader, crash, signal } = options;
    const { projection, store } = hosted;
    const expiry = store.expiryOf?.(projection.name);
    this.#options = options;
    this.#writer = writerOf(projection, { expiry, crash, signal });
    this.#checkpoints = new CheckpointSchedule({ runtime, waiters: progress.waiters, wake: () => feedReader.wake(), signal });
  }

  /** Takes and writes the next batch of at most `limit` events, after other due work. Errors: those of the stores. */
  async follow(open: OpenGeneration, limit: number, state: ProjectionState): Promise<Input> {
    const { feedReader, promotion, progress } = this.#options;
    const { heartbeat } = progress;
    await this.#doWhatIsDue(open);
    const awaitsNews = open.isFilling && promotion.awaitsNews;
    if (awaitsNews) this.#wakeAfter(NEWS_WAIT_MS);
    heartbeat.idle();
    const delivery = await feedReader.next(open.position, { limit, isCaughtUp: state.phase === 'live' || awaitsNews });
    if (!delivery) return awaitsNews ? { kind: 'advanced', position: open.position, isCaughtUp: true } : { kind: 'woken' };
    const { events, position } = delivery;
    const isCaughtUp = delivery.isCaughtUp || (open.isFilling && promotion.isLevel(position));
    heartbeat.busy('writing a batch');
    const { eventsApplied, isCommitted, poison } = await this.#write(open, delivery, state);
    if (isCommitted) this.#committed(open);
    else this.#checkpoints.schedule(open);
    if (open.isFilling) await promotion.written();
    progress.advanced(open, eventsApplied, events.at(-1), isCaughtUp && !poison);
    // Others need to run, too: HTTP, and the other projections.
    await nextTurn();
    if (!poison) return { kind: 'advanced', position, isCaughtUp };
    return { kind: 'cut', position: open.position, failure: cutFailure(poison, this.#name), random: this.#options.runtime.random() };
  }

  /** The next step towards a promotion; true once the generation serves. Errors: those of `Promotion.step`. */
  async promote(open: OpenGeneration): Promise<boolean> {
    const { promotion, progress, signal } = this.#options;
    progress.heartbeat.busy('a step towards promotion', LONG_STEP_MS);
    if (!(await promotion.step(open, signal))) return false;
    open.promoted();
    this.#committed(open);
    return true;
  }

  /** The loop does it between two batches. */
  requestReplay(key: string | undefined): Promise<ReplayResult> {
    const replayed = this.#replays.add(key);
    this.#options.feedReader.wake();
    return replayed;
  }

  /** Rejects all waiting replays while the projection cannot work, with the reason if there is one. */
  refuseReplays(reason: string | undefined): void {
    this.#replays.refuse(() => new OperationAborted(`replayParked of ${this.#name}, because the projection is not running`, reason));
  }

  /** At once, for one key or all. Errors: those of `replayParked`. */
  replay(open: OpenGeneration, key: string | undefined, signal: AbortSignal | undefined): Promise<ReplayResult> {
    const { reader, runtime, hosted } = this.#options;
    const { hasTransactions } = hosted.store;
    return replayParked(this.#writer, open, { reader, key, nowMs: runtime.now(), hasTransactions, signal });
  }

  /** Readers that wait for what queries see. */
  tellWaiters(open: OpenGeneration): void {
    this.#options.progress.waiters.reach(open.visible);
  }

  get #name(): string {
    return this.#options.hosted.projection.name;
  }

  /** Requested replays, and the checkpoint of events without effect. */
  async #doWhatIsDue(open: OpenGeneration): Promise<void> {
    const { heartbeat } = this.#options.progress;
    heartbeat.busy('a replay of parked events', this.#replays.isAny ? LONG_STEP_MS : STEP_DEADLINE_MS);
    await this.#replays.serve((key) => this.#replayRequested(open, key));
    heartbeat.busy('writing the checkpoint');
    open.assertParkedKeysBounded();
    if (this.#checkpoints.isDue(open)) await this.#saveCheckpoint(open);
    // Also after an early wake: timers may be early, and a commit in between postpones the end of the interval.
    else this.#checkpoints.schedule(open);
  }

  #write(open: OpenGeneration, batch: Batch, { condemned }: ProjectionState): Promise<Written> {
    const { hosted, observe, runtime } = this.#options;
    const options = { condemned, nowMs: runtime.now(), isCheckpointDue: this.#checkpoints.isDueAt(batch.position) };
    const write = (): Promise<Written> => sized(this.#writer.write(open, batch, options), batch.events.length);
    if (!observe || batch.events.length === 0) return write();
    const ended = observe.writing({ projection: this.#name, store: hosted.store.name, events: batch.events });
    return observed(write(), ended);
  }

  async #replayRequested(open: OpenGeneration, key: string | undefined): Promise<ReplayResult> {
    const { progress, signal } = this.#options;
    const result = await this.replay(open, key, signal);
    this.#committed(open);
    progress.opened(open);
    return result;
  }

  async #saveCheckpoint(open: OpenGeneration): Promise<void> {
    await open.saveCheckpoint();
    this.#committed(open);
  }

  #committed(open: OpenGeneration): void {
    this.#checkpoints.committed();
    this.tellWaiters(open);
  }

  #wakeAfter(delayMs: number): void {
    const { runtime, feedReader, signal } = this.#options;
    void runtime.sleep(delayMs, signal).then(() => feedReader.wake());
  }
}

const writerOf = (
  projection: RunnerOptions['hosted']['projection'],
  { expiry, crash, signal }: Pick<DocumentWriterOptions, 'expiry' | 'crash'> & { readonly signal: AbortSignal },
): BatchWriter => {
  switch (projection.kind) {
    case 'document':
      return new DocumentWriter(projection, { expiry, crash });
    case 'handler':
      return new HandlerWriter(projection, crash);
    case 'reaction':
      return new ReactionWriter(projection, { signal }, crash);
  }
};

/** Adds the size of the batch to a failure that depends on it. */
const sized = async (written: Promise<Written>, size: number): Promise<Written> => {
  try {
    return await written;
  } catch (error) {
    throw failureClassOf(error) === 'batch' ? new BatchTooMuch(size, error) : error;
  }
};

/** Reports how a batch ended, and passes the outcome on. */
const observed = async (written: Promise<Written>, ended: ReturnType<ProjectionObserver['writing']>): Promise<Written> => {
  try {
    const result = await written;
    ended(result);
    return result;
  } catch (error) {
    ended({ eventsApplied: 0, isCommitted: false, error });
    throw error;
  }
};
