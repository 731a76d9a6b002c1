// Figures of a running projection, and the status made of them.
import type { Position, RecordedEvent, Runtime } from '@mainstem/event-store';
import type { OpenGeneration } from './open-generation.js';
import type { ProjectionState } from './projection-state.js';
import type { ProjectionStatus } from './projection-status.js';
import type { Generation } from '../read-store/checkpoint.js';
import { FillingWatch } from './filling-status.js';
import { RateMeter } from './rate-meter.js';

/** Without progress for so long, although there is something to do, a projection is not healthy. */
const STALL_MS = 10_000;

export interface ProgressOptions {
  readonly projection: string;
  readonly store: string;
  readonly hasDensePositions: boolean;
  readonly runtime: Runtime;
}

export class Progress {
  readonly #options: ProgressOptions;
  readonly #rate: RateMeter;
  readonly #filling: FillingWatch;
  #generation = 0;
  #position: Position | undefined;
  #parkedKeys = 0;
  /** On the wall clock: when the last event applied was recorded, or it was last at the head. */
  #freshAtMs: number;
  /** On the monotonic clock. */
  #progressAtMs: number;

  constructor(options: ProgressOptions) {
    const { runtime } = options;
    this.#options = options;
    this.#rate = new RateMeter(runtime.monotonic());
    this.#filling = new FillingWatch(options);
    this.#freshAtMs = runtime.now();
    this.#progressAtMs = runtime.monotonic();
  }

  observe(generations: readonly Generation[]): void {
    this.#filling.observe(generations);
  }

  opened(open: OpenGeneration): void {
    this.#take(open);
    this.#progressAtMs = this.#options.runtime.monotonic();
  }

  advanced(open: OpenGeneration, eventsApplied: number, last: RecordedEvent | undefined, isCaughtUp: boolean): void {
    const { runtime } = this.#options;
    this.#take(open);
    this.#progressAtMs = runtime.monotonic();
    this.#rate.add(eventsApplied, this.#progressAtMs);
    if (isCaughtUp) this.#freshAtMs = runtime.now();
    else if (last) this.#freshAtMs = Date.parse(last.recordedAt);
  }

  /** `head`: end of the event store, as far as it is known. */
  status(state: ProjectionState, knownHead: Position | undefined): ProjectionStatus {
    const { projection, store, runtime } = this.#options;
    const { phase, reason } = state;
    const nowMs = runtime.monotonic();
    const position = this.#position;
    const isBehind = knownHead !== undefined && (position === undefined || position < knownHead);
    const head = isBehind ? knownHead : position;
    const stalledMs = isBehind ? nowMs - this.#progressAtMs : 0;
    const isStalled = stalledMs > STALL_MS;
    const rebuild = this.#filling.status(knownHead);
    const told =
      reason ?? (isStalled ? `PROJECTION_STALLED: no progress for ${Math.round(stalledMs / 1_000)} s although there are events to apply` : undefined);
    return {
      projection,
      store,
      generation: this.#generation,
      state: phase,
      ...(told !== undefined && { reason: told }),
      ...(position !== undefined && { position }),
      ...(head !== undefined && { head, ...this.#lag(isBehind, head) }),
      parkedKeys: this.#parkedKeys,
      eventsApplied: this.#rate.total,
      eventsPerSecond: this.#rate.perSecond(nowMs),
      isHealthy: isRunning(state) && !isStalled,
      ...(rebuild && { rebuild }),
    };
  }

  #lag(isBehind: boolean, head: Position): Pick<ProjectionStatus, 'lagEvents' | 'lagMs'> {
    const lagMs = isBehind ? Math.max(0, this.#options.runtime.now() - this.#freshAtMs) : 0;
    return this.#options.hasDensePositions ? { lagEvents: head - (this.#position ?? 0n), lagMs } : { lagMs };
  }

  #take({ session, position, parkedKeys }: OpenGeneration): void {
    this.#generation = session.generation;
    this.#position = position;
    this.#parkedKeys = parkedKeys.size;
  }
}

const isRunning = ({ phase }: ProjectionState): boolean => phase !== 'retrying' && phase !== 'stopped';
