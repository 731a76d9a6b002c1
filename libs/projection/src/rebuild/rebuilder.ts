// Rebuilds read models beside the serving ones: fills new generations from one read, checks and promotes them.
import { assertCategoriesDiffer, systemRuntime, type EventReader, type Position, type Runtime } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import type { CrashPoints } from '../generations/crash-points.js';
import { HeadWatch } from '../feed/head-watch.js';
import { etaMs } from '../feed/rate-meter.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { SharedSubscription } from '../feed/shared-subscription.js';
import { DigestCheck } from '../generations/digest-check.js';
import { GenerationJob, type RebuildPhase, type RebuiltProjection } from './generation-job.js';
import { assertRebuildable, chooseTarget, type RebuildTarget } from './rebuild-target.js';

const BATCH_SIZE_MAX_DEFAULT = 10_000;
const CACHE_BYTES_MAX = 64 * 1_048_576;
const PROGRESS_INTERVAL_MS = 200;
/** A running projector notices within a second that another generation serves. */
const FOLLOW_MS = 3_000;
/** A second read of the event store costs more than waiting for a slow store; a store that hangs is given up. */
const WAIT_FOR_OTHERS_MS = 5_000;

export interface RebuilderOptions {
  readonly reader: EventReader;
  /** What to rebuild; each with its projector's store and recovery policy. */
  readonly projections: readonly HostedProjection[];
  readonly runtime?: Runtime;
  /** The most events in one batch, and so in one commit. Default 10,000. */
  readonly batchSizeMax?: number;
  /** Approximate memory of all documents between batches; V8 needs two to three times as much. Default 64 MiB. */
  readonly cacheBytesMax?: number;
  /** How long a promoted generation is followed until a projector takes it over. Default 3,000. */
  readonly followMs?: number;
  /** Called five times a second, and once at the end. Must not throw. */
  readonly onProgress?: (progress: readonly RebuildProgress[]) => void;
  readonly crash?: CrashPoints;
}

export interface RebuildProgress {
  readonly projection: string;
  readonly store: string;
  readonly generation: number;
  readonly phase: RebuildPhase;
  /** Why it waits or has failed: `CODE: message`. It waits for outages to end. */
  readonly reason?: string;
  readonly position?: Position;
  /** Events passed, out of all in the event store; absent if positions do not count events. */
  readonly eventsDone?: bigint;
  readonly eventsTotal?: bigint;
  /** Milliseconds since this run began. */
  readonly eventsPerSecond: number;
  /** Time until it has caught up; absent without a rate. */
  readonly etaMs?: number;
}

export interface RebuildReport {
  readonly projections: readonly RebuiltProjection[];
  readonly durationMs: number;
}

/**
 * One rebuild, in this process, beside anything else: only it writes the filling generation. The projector goes on
 * writing the serving one, and queries read it until the promotion.
 */
export class Rebuilder {
  readonly #options: RebuilderOptions;
  readonly #runtime: Runtime;

  constructor(options: RebuilderOptions) {
    this.#options = options;
    this.#runtime = options.runtime ?? systemRuntime;
  }

  /**
   * Rebuilds all of them; a killed rebuild goes on where it was. A projection's failure is in the report and blocks no
   * other. When the signal fires, everything stays as it is, to be resumed. Errors, before anything has begun:
   * REBUILD_RUNNING, PROJECTION_FOREIGN_EVENT_STORE, PROJECTION_INVALID_DEFINITION, EVENT_STORE_AMBIGUOUS_CATEGORY,
   * those of the stores.
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<RebuildReport> {
    const { reader, projections, crash } = this.#options;
    assertCategoriesDiffer(projections.flatMap(({ projection }) => projection.wanted.categories));
    const options = { reader, runtime: this.#runtime, crash, signal };
    await Promise.all(projections.map((hosted) => assertRebuildable(hosted, options)));
    const targets: RebuildTarget[] = [];
    for (const hosted of projections) targets.push(await chooseTarget(hosted, options));
    return this.promote(targets, signal);
  }

  /** Brings generations up to date and promotes them; used by `run` and rollbacks. The report has the failures. */
  async promote(targets: readonly RebuildTarget[], signal: AbortSignal): Promise<RebuildReport> {
    const startMs = this.#runtime.monotonic();
    const over = new AbortController();
    const headWatch = new HeadWatch(this.#options.reader, this.#runtime);
    void headWatch.run(over.signal);
    const jobs = this.#jobs(targets, () => headWatch.head);
    const tell = (): void => this.#options.onProgress?.(jobs.map((job) => this.#progressOf(job, headWatch.head)));
    void this.#tellUntil(over.signal, tell);
    for (const job of jobs) job.start();
    await aborted(Promise.all(jobs.map((job) => this.#follow(job, signal))), signal);
    await Promise.all(jobs.map((job) => job.stop()));
    over.abort();
    tell();
    return { projections: jobs.map((job) => job.result()), durationMs: Math.round(this.#runtime.monotonic() - startMs) };
  }

  async #follow(job: GenerationJob, signal: AbortSignal): Promise<void> {
    await job.settled;
    if (job.phase === 'serving') await job.followed(this.#options.followMs ?? FOLLOW_MS, signal);
    await job.stop();
  }

  #jobs(targets: readonly RebuildTarget[], head: () => Position | undefined): readonly GenerationJob[] {
    const { reader, crash, batchSizeMax = BATCH_SIZE_MAX_DEFAULT, cacheBytesMax = CACHE_BYTES_MAX } = this.#options;
    const runtime = this.#runtime;
    const filter = filterFor(targets.map(({ hosted }) => hosted.projection));
    const subscription = new SharedSubscription({ reader, filter, batchSizeMax, runtime, waitForOthersMs: WAIT_FOR_OTHERS_MS });
    const jobs: GenerationJob[] = [];
    const expected = (): number => jobs.filter((job) => BEFORE_CHECK.includes(job.phase) && job.status().state === 'rebuilding').length;
    const check = new DigestCheck({ reader, runtime, expected });
    const cacheShare = Math.floor(cacheBytesMax / Math.max(1, targets.length));
    const shared = { reader, subscription, runtime, batchSizeMax, check, crash, head, cacheBytesMax: cacheShare };
    for (const target of targets) jobs.push(new GenerationJob(target, shared));
    return jobs;
  }

  async #tellUntil(signal: AbortSignal, tell: () => void): Promise<void> {
    while (!signal.aborted) {
      await this.#runtime.sleep(PROGRESS_INTERVAL_MS, signal);
      if (!signal.aborted) tell();
    }
  }

  #progressOf(job: GenerationJob, head: Position | undefined): RebuildProgress {
    const { projection, store, position, reason, eventsApplied, state } = job.status();
    const seconds = Math.max(job.durationMs, 1) / 1_000;
    const isCounted = this.#options.reader.hasDensePositions && head !== undefined;
    const done = position ?? 0n;
    const eventsPerSecond = Math.round((isCounted ? Number(done - (job.target.from ?? 0n)) : eventsApplied) / seconds);
    const eta = isCounted && job.phase !== 'failed' ? etaMs(done, head, eventsPerSecond) : undefined;
    return {
      projection,
      store,
      generation: job.target.number,
      phase: job.phase,
      ...(reason !== undefined && (state === 'retrying' || job.phase === 'failed') && { reason }),
      ...(position !== undefined && { position }),
      ...(isCounted && { eventsDone: done, eventsTotal: head > done ? head : done }),
      eventsPerSecond,
      ...(eta !== undefined && { etaMs: eta }),
    };
  }
}

const BEFORE_CHECK: readonly RebuildPhase[] = ['fill', 'index'];

/** Resolves when the work is done or the signal fires. */
const aborted = (work: Promise<unknown>, signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
