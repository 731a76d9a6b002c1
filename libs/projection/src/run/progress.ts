// What is known of a running projection: figures, present step, waiting readers, and the status made of them.
import {
  Heartbeat,
  isPositionBefore,
  type EventReader,
  type Position,
  type RecordedEvent,
  type Runtime,
  type SilentLoop,
} from '@mainstem/event-store';
import type { AnyProjection } from '../definition/hosted-projection.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import type { FillPhase } from '../generations/promotion.js';
import type { ProjectionState } from './projection-state.js';
import type { ProjectionStatus } from './projection-status.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { Partition } from '../read-store/partition.js';
import type { ReadStore } from '../read-store/read-store.js';
import { PositionWaiters } from './position-waiters.js';
import { FillingWatch } from '../generations/filling-status.js';
import { RateMeter } from '../feed/rate-meter.js';

/**
 * After this time without progress, although there is work, a projection is unhealthy. With a second to see the end,
 * health is red within ten.
 */
const STALL_MS = 8_000;

export interface ProgressOptions {
  readonly hosted: { readonly projection: Pick<AnyProjection, 'name'>; readonly store: Pick<ReadStore, 'name'> };
  readonly reader: Pick<EventReader, 'hasDensePositions'>;
  readonly partition: Partition;
  readonly runtime: Runtime;
  /** Why the projection makes no progress; undefined while it does. */
  readonly whyNot?: () => string | undefined;
}

/** What a standby has seen of the instance that runs the projection. */
export interface SeenOnStandby {
  /** The serving generation; 0 for none. */
  readonly generation: number;
  /** The position of the serving generation. */
  readonly position: Position | undefined;
  readonly head: Position | undefined;
  /** A change shows that the owner works on a generation that does not serve; undefined if there is none. */
  readonly filling: string | undefined;
}

export class Progress {
  /** The heartbeat of the projection's loop. */
  readonly heartbeat: Heartbeat;
  /** Readers that wait until queries see a position. */
  readonly waiters: PositionWaiters;
  readonly #options: ProgressOptions;
  readonly #rate: RateMeter;
  readonly #filling: FillingWatch;
  #generation = 0;
  #seenFilling: string | undefined;
  #position: Position | undefined;
  #parked: ReadonlyMap<string, number> = new Map();
  #storeTrouble: string | undefined;
  /** Another definition replaced this one: stopped is right as long as an instance runs that one. */
  #isReplaced = false;
  #phase: FillPhase | undefined;
  /** On the wall clock: the recording time of the last applied event, or when it was last at the head. */
  #freshAtMs: number;
  /** On the monotonic clock: when it last moved, or had no work. */
  #progressAtMs: number;

  constructor(options: ProgressOptions) {
    const { hosted, reader, partition, runtime, whyNot } = options;
    const { name } = hosted.projection;
    this.heartbeat = new Heartbeat(partition.count > 1 ? `${name}, part ${partition.number}` : name, runtime);
    this.waiters = new PositionWaiters(name, runtime, whyNot);
    this.#options = options;
    this.#rate = new RateMeter(runtime.monotonic());
    this.#filling = new FillingWatch({ runtime, hasDensePositions: reader.hasDensePositions });
    this.#freshAtMs = runtime.now();
    this.#progressAtMs = runtime.monotonic();
  }

  observe(generations: readonly Generation[], isReplaced = false): void {
    this.#storeTrouble = undefined;
    this.#isReplaced = isReplaced;
    this.#filling.observe(generations);
  }

  storeIsAway(reason: string): void {
    this.#storeTrouble = reason;
  }

  /** It fills a generation, and is at this position with it. */
  filling(phase: FillPhase): void {
    this.#phase = phase;
  }

  /** The end of the event store, as just seen. */
  observeHead(head: Position | undefined): void {
    if (!this.#isBehind(head)) this.#progressAtMs = this.#options.runtime.monotonic();
  }

  opened(open: OpenGeneration): void {
    this.#take(open);
    this.#progressAtMs = this.#options.runtime.monotonic();
  }

  /** Another instance writes: the serving generation, and a sign that changes with the filling one. */
  seeOwner({ generation, position, head, filling }: SeenOnStandby): void {
    const { runtime } = this.#options;
    if (position !== this.#position || filling !== this.#seenFilling) this.#progressAtMs = runtime.monotonic();
    this.#seenFilling = filling;
    if (position !== undefined && !isPositionBefore(position, head)) this.#freshAtMs = runtime.now();
    this.#generation = generation;
    this.#position = position;
    this.#parked = new Map();
  }

  advanced(open: OpenGeneration, eventsApplied: number, last: RecordedEvent | undefined, isCaughtUp: boolean): void {
    const { runtime } = this.#options;
    this.#take(open);
    this.#progressAtMs = runtime.monotonic();
    this.#rate.add(eventsApplied, this.#progressAtMs);
    if (isCaughtUp) this.#freshAtMs = runtime.now();
    else if (last) this.#freshAtMs = Date.parse(last.recordedAt);
  }

  /** `knownHead`: the end of the event store, as far as it is known. */
  status(state: ProjectionState, knownHead: Position | undefined): ProjectionStatus {
    const { hosted, runtime } = this.#options;
    const { phase, reason } = state;
    const nowMs = runtime.monotonic();
    const position = this.#position;
    const isBehind = this.#isBehind(knownHead);
    const head = isBehind ? knownHead : position;
    const stalled = this.#stall(state, isBehind, this.heartbeat.silence());
    const rebuild = this.#filling.status(knownHead);
    const isReplaced = this.#isReplaced && phase === 'stopped';
    const told = isReplaced && stalled ? `${stalled}; ${reason ?? ''}` : (reason ?? stalled ?? this.#storeTrouble);
    return {
      projection: hosted.projection.name,
      store: hosted.store.name,
      generation: this.#generation,
      state: phase,
      ...(told !== undefined && { reason: told }),
      ...(position !== undefined && { position }),
      ...(head !== undefined && { head, ...this.#lag(isBehind, head) }),
      parkedKeys: this.#parked.size,
      parkedEvents: sumOf(this.#parked),
      eventsApplied: this.#rate.total,
      eventsPerSecond: this.#rate.perSecond(nowMs),
      isHealthy: (isReplaced || isRunning(state)) && stalled === undefined && this.#storeTrouble === undefined,
      ...(rebuild && { rebuild: state.isFilling && this.#phase ? { ...rebuild, phase: this.#phase } : rebuild }),
    };
  }

  #isBehind(head: Position | undefined): boolean {
    return isPositionBefore(this.#position, head);
  }

  /** Why it makes no progress. A promotion applies no events, so only its own steps show progress. */
  #stall({ step, phase }: ProjectionState, isBehind: boolean, silence: SilentLoop | undefined): string | undefined {
    if (silence) return `PROJECTION_STALLED: ${silence.step} has not come to an end for ${seconds(silence.silentMs)} s`;
    const stalledMs = this.#options.runtime.monotonic() - this.#progressAtMs;
    if (!isBehind || phase === 'waiting' || phase === 'paused' || step.kind === 'promote' || stalledMs <= STALL_MS) return undefined;
    return `PROJECTION_STALLED: no progress for ${seconds(stalledMs)} s although there are events to apply`;
  }

  #lag(isBehind: boolean, head: Position): Pick<ProjectionStatus, 'lagEvents' | 'lagMs'> {
    const lagMs = isBehind ? Math.max(0, this.#options.runtime.now() - this.#freshAtMs) : 0;
    return this.#options.reader.hasDensePositions ? { lagEvents: head - (this.#position ?? 0n), lagMs } : { lagMs };
  }

  #take({ session, position, parkedKeys }: OpenGeneration): void {
    this.#generation = session.generation;
    this.#position = position;
    this.#parked = parkedKeys;
  }
}

const sumOf = (counts: ReadonlyMap<string, number>): number => {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
};

const seconds = (ms: number): number => Math.round(ms / 1_000);

const isRunning = ({ phase }: ProjectionState): boolean => phase !== 'retrying' && phase !== 'stopped';
