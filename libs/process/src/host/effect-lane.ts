// What one host does about one effect: its circuit, what is under way, and what rests after trouble.
import type { Runtime } from '@mainstem/event-store';
import { compareKeys } from '@mainstem/projection/operate';
import type { Effect } from '../action/effect.js';
import { Circuit, type CircuitState } from './circuit.js';
import type { PendingEffect } from './pending-effects.js';
import type { Performer } from './performer.js';

/**
 * A document that was handled is not looked at again for so long. The read model may still show it, or there was
 * trouble that is not the receiver's, such as a version of the process that is unknown here.
 */
const REST_MS = 5_000;
/** So long trouble is told after an attempt: without a further sign of it, another host has done the work. */
const TROUBLE_MS = 2 * REST_MS;
/** Most documents that rest. */
const RESTING_MAX = 1_000;

export class EffectLane {
  readonly circuit: Circuit;
  readonly #running = new Set<string>();
  /** Ids of documents, and when their rest ends. */
  readonly #resting = new Map<string, number>();
  readonly #runtime: Runtime;
  #trouble: { readonly error: unknown; readonly untilMs: number } | undefined;

  constructor(
    readonly performer: Performer,
    runtime: Runtime,
  ) {
    this.circuit = new Circuit(performer.effect.policy);
    this.#runtime = runtime;
  }

  get effect(): Effect {
    return this.performer.effect;
  }

  get running(): number {
    return this.#running.size;
  }

  get state(): CircuitState {
    return this.circuit.stateAt(this.#runtime.monotonic());
  }

  /** Why the last attempt could not begin or be recorded, if that is not long ago. */
  get trouble(): unknown {
    return this.#trouble && this.#runtime.monotonic() < this.#trouble.untilMs ? this.#trouble.error : undefined;
  }

  /** Attempts that may begin now. */
  get free(): number {
    const atOnce = { closed: this.effect.policy.atOnceMax, 'half-open': 1, open: 0 }[this.state];
    return Math.max(0, atOnce - this.#running.size);
  }

  /** Documents to look at, so that enough are left without those under way and at rest. */
  get wanted(): number {
    return this.free === 0 ? 0 : this.free + this.#running.size + this.#resting.size;
  }

  /** Of the first documents that are due, which may begin. `isWhole`: there are no further ones. */
  choose(page: readonly PendingEffect[], isWhole: boolean): readonly PendingEffect[] {
    this.#wakeResting(new Set(page.map(({ id }) => id)), isWhole ? undefined : page.at(-1)?.id);
    const now = this.#runtime.now();
    return page.filter(({ id, at }) => Date.parse(at) <= now && !this.#running.has(id) && !this.#resting.has(id)).slice(0, this.free);
  }

  /**
   * Counts the work as running until it ends, and lets the document rest. One that is due again at the very time of
   * before has the same id, and does not rest. Errors: none.
   * @param work resolves to when the effect is due again
   */
  async run({ id, at }: PendingEffect, work: () => Promise<string | undefined>): Promise<void> {
    this.#running.add(id);
    let againAt: string | undefined;
    try {
      againAt = await work();
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = { error, untilMs: this.#runtime.monotonic() + TROUBLE_MS };
    } finally {
      this.#running.delete(id);
      if (againAt !== at && this.#resting.size < RESTING_MAX) this.#resting.set(id, this.#runtime.monotonic() + REST_MS);
    }
  }

  /** `last`: of the page. What the page should hold, and does not, is gone. */
  #wakeResting(shown: ReadonlySet<string>, last: string | undefined): void {
    const now = this.#runtime.monotonic();
    for (const [id, until] of this.#resting) {
      const isGone = !shown.has(id) && (last === undefined || compareKeys(id, last) < 0);
      if (isGone || until <= now) this.#resting.delete(id);
    }
  }
}
