// One projection in a rebuild or rollback: runs the engine on one generation until it serves and a projector has it.
import type { Runtime } from '@mainstem/event-store';
import type { FillPhase } from '../generations/promotion.js';
import { pauseOf } from '../run/pause-projection.js';
import { ProjectionRunner } from '../run/projection-runner.js';
import type { RunnerOptions } from '../run/runner-options.js';
import type { ProjectionStatus } from '../run/projection-status.js';
import { RebuildRunning } from './errors.js';
import { mergedStatus } from '../run/merged-status.js';
import { checkpointIn, partitionsOf } from '../read-store/partition.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { RebuildTarget } from './rebuild-target.js';
import { generationOf } from '../generations/generations-of.js';

/** The step of one projection's rebuild; `serving`: promoted, and followed until the projector takes it over. */
export type RebuildPhase = FillPhase | 'failed' | 'interrupted';

export interface RebuiltProjection {
  readonly projection: string;
  readonly store: string;
  /** The filled generation, and the one that served before. */
  readonly generation: number;
  readonly former: number | undefined;
  readonly outcome: 'promoted' | 'failed' | 'interrupted';
  /** `CODE: message` of a failure. */
  readonly reason?: string;
  /** A projector already follows the promoted generation; otherwise the next one that starts will. */
  readonly isTakenOver: boolean;
  /** True if it went on with an unfinished generation. */
  readonly isResumed: boolean;
  /** The number of events in this run. */
  readonly eventsApplied: number;
  readonly parkedKeys: number;
  /** Milliseconds until it served. */
  readonly durationMs: number;
}

/** How often it checks whether a projector has taken over. */
const LOOK_MS = 100;

export class GenerationJob {
  readonly target: RebuildTarget;
  /** One runner for each part; the first one leads the others to the promotion. */
  readonly #runners: readonly ProjectionRunner[];
  readonly #runtime: Runtime;
  readonly #startMs: number;
  readonly #settled = Promise.withResolvers<void>();
  #phase: RebuildPhase = 'fill';
  #durationMs: number | undefined;
  #isTakenOver = false;

  constructor(target: RebuildTarget, options: Omit<RunnerOptions, 'hosted' | 'partition' | 'only' | 'onChange'>) {
    this.target = target;
    this.#runtime = options.runtime;
    this.#startMs = options.runtime.monotonic();
    const parts = partitionsOf(target.hosted.projection);
    const cacheBytesMax = Math.floor(options.cacheBytesMax / parts.length);
    this.#runners = parts.map((partition) => {
      const onPhase = partition.number === 0 ? (phase: FillPhase) => this.#enter(phase) : () => undefined;
      const only = { number: target.number, onPhase };
      return new ProjectionRunner({ ...options, hosted: target.hosted, partition, cacheBytesMax, only, onChange: () => undefined });
    });
  }

  get phase(): RebuildPhase {
    return this.#phase;
  }

  get durationMs(): number {
    return this.#durationMs ?? this.#runtime.monotonic() - this.#startMs;
  }

  /** Resolves when it serves or has failed. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  status(): ProjectionStatus {
    return mergedStatus(this.#runners.map((runner) => runner.status()));
  }

  /** Runs until `stop`, or until it cannot go on. */
  start(): void {
    for (const runner of this.#runners) runner.start();
    // A part that cannot go on blocks all of them.
    void Promise.race(this.#runners.map((runner) => runner.ended))
      .then(() => this.#ended())
      .then(() => this.#settled.resolve());
  }

  /** After the promotion: resolves when a projector has taken over, after the given time, or at once in a pause. */
  async followed(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { projection, store } = this.target.hosted;
    if (await pauseOf({ projection: projection.name, store }).catch(() => undefined)) return;
    const deadline = this.#runtime.monotonic() + timeoutMs;
    while (!this.#isTakenOver && this.#runtime.monotonic() < deadline && !signal.aborted) {
      await this.#runtime.sleep(Math.min(LOOK_MS, timeoutMs), signal);
      this.#isTakenOver = await this.#hasOtherWriter();
    }
  }

  async stop(): Promise<void> {
    if (this.#phase !== 'serving' && this.#phase !== 'failed') this.#enter('interrupted');
    await Promise.all(this.#runners.map((runner) => runner.stop()));
  }

  result(): RebuiltProjection {
    const { hosted, number, former, isResumed } = this.target;
    const { eventsApplied, parkedKeys } = this.status();
    const outcome = this.#phase === 'serving' ? 'promoted' : this.#phase === 'failed' ? 'failed' : 'interrupted';
    const reason = outcome === 'failed' ? this.#reason() : undefined;
    return {
      projection: hosted.projection.name,
      store: hosted.store.name,
      generation: number,
      former: former?.number,
      outcome,
      ...(reason !== undefined && { reason }),
      isTakenOver: this.#isTakenOver,
      isResumed,
      eventsApplied,
      parkedKeys,
      durationMs: Math.round(this.durationMs),
    };
  }

  #enter(phase: RebuildPhase): void {
    // The engine may take a few more steps before it has stopped; only a promotion still counts.
    if (this.#phase === 'interrupted' && phase !== 'serving') return;
    this.#phase = phase;
    if (phase !== 'serving') return;
    this.#durationMs = this.durationMs;
    this.#settled.resolve();
  }

  async #ended(): Promise<void> {
    if (this.#phase === 'serving' || this.#phase === 'interrupted') return;
    // The answer to a promotion may have been lost, or another process has continued with the generation.
    if (this.#isFenced() && (await this.#described())?.state === 'serving') this.#enter('serving');
    else this.#enter('failed');
  }

  async #hasOtherWriter(): Promise<boolean> {
    const now = await this.#described();
    return this.#runners.every(
      ({ epoch, partition }) => epoch === undefined || (now !== undefined && checkpointIn(now, partition.number).epoch !== epoch),
    );
  }

  /** The stored generation; undefined if the store does not answer. */
  async #described(): Promise<Generation | undefined> {
    const { hosted, number } = this.target;
    try {
      return generationOf(await hosted.store.generations(hosted.projection.name), number);
    } catch {
      return undefined; // the runner reports an outage of the store
    }
  }

  #isFenced(): boolean {
    return this.status().reason?.startsWith('READ_STORE_CHECKPOINT_MOVED') ?? false;
  }

  #reason(): string {
    const { hosted, number } = this.target;
    if (!this.#isFenced()) return this.status().reason ?? 'it ended without a reason';
    const running = new RebuildRunning(hosted.projection.name, number);
    return `${running.code}: ${running.message}`;
  }
}
