// While another instance runs a projection: reports what it has written, and sleeps until it may be its turn.
import type { Position, Runtime } from '@mainstem/event-store';
import type { AnyProjection } from '../definition/hosted-projection.js';
import { checkpointIn, type Partition } from '../read-store/partition.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { Progress } from './progress.js';
import { newestFillingOf, servingOf } from '../generations/generations-of.js';

/** How often it looks for writes while a reader waits for a position. */
const LOOK_MS = 5;

export interface StandbyOptions {
  readonly hosted: { readonly projection: Pick<AnyProjection, 'name'>; readonly store: Pick<ReadStore, 'generations'> };
  /** The part of the projection. */
  readonly partition: Partition;
  readonly runtime: Runtime;
  readonly progress: Progress;
  /** The end of the event store, as far as it is known. */
  readonly head: () => Position | undefined;
  /** Another instance runs it at this moment. */
  readonly isStandby: () => boolean;
  /** Fires when the projection is to stop. */
  readonly signal: AbortSignal;
}

/** Changes whenever the owner works on a generation that it fills: the only sign before the first one serves. */
const signOfFilling = (generations: readonly Generation[]): string | undefined => {
  const filling = newestFillingOf(generations);
  return filling && `${filling.number}@${filling.checkpoint.position ?? 0n} ${filling.updatedAt}`;
};

export class Standby {
  readonly #options: StandbyOptions;
  #nap: AbortController | undefined;
  #isLooking = false;

  constructor(options: StandbyOptions) {
    this.#options = options;
  }

  /** Adopts what the other instance has written, as just seen. */
  see(generations: readonly Generation[]): void {
    const { progress, head, partition } = this.#options;
    const serving = servingOf(generations);
    const position = serving && checkpointIn(serving, partition.number).position;
    progress.seeOwner({ generation: serving?.number ?? 0, position, head: head(), filling: serving ? undefined : signOfFilling(generations) });
    progress.waiters.reach(position);
  }

  /** Shows a position to waiting readers as soon as it is there. It may be called at any time, and again. */
  async lookWhileAwaited(): Promise<void> {
    const { hosted, runtime, progress, isStandby, signal } = this.#options;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (isStandby() && progress.waiters.isAny && !signal.aborted) {
      try {
        this.see(await hosted.store.generations(hosted.projection.name));
      } catch {
        // The next claim of the lease reports an outage of the store; waiting readers have a timeout.
      }
      await runtime.sleep(LOOK_MS, signal);
    }
    this.#isLooking = false;
  }

  /** Until the time is over, the projection is stopped, or `wake`. */
  async sleep(delayMs: number): Promise<void> {
    const nap = new AbortController();
    this.#nap = nap;
    await this.#options.runtime.sleep(delayMs, AbortSignal.any([this.#options.signal, nap.signal]));
    this.#nap = undefined;
  }

  wake(): void {
    this.#nap?.abort();
  }
}
