// A Runtime whose time passes only when the test says so, and whose randomness comes from a seed.
import type { Runtime } from '@mainstem/event-store';
import { SimulationStuck } from './errors.js';
import { seededRandom, type SeededRandom } from './seeded-random.js';

export interface SeededRuntimeOptions {
  readonly seed: number;
  /** Wall clock at the start, milliseconds since the epoch. Default 2020-01-01T00:00:00Z. */
  readonly startsAtMs?: number;
}

const STARTS_AT_MS = Date.UTC(2020, 0, 1);
/** The most timers that may fire in one call, so that a loop which sleeps for nothing ends. */
const FIRED_MAX = 1_000_000;

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/**
 * Sleepers wake in the order of their time, those of equal time in the order in which they went to sleep. Each waits
 * until everything that the one before has started has come to rest: promises, and real I/O that ends within one turn
 * of the event loop.
 */
export class SeededRuntime implements Runtime {
  readonly #random: SeededRandom;
  #monotonicMs = 0;
  #wallOffsetMs: number;
  readonly #timers: Timer[] = [];

  constructor({ seed, startsAtMs = STARTS_AT_MS }: SeededRuntimeOptions) {
    this.#random = seededRandom(seed);
    this.#wallOffsetMs = startsAtMs;
  }

  /** The number of sleepers at the moment. A test that ends with sleepers has forgotten to stop something. */
  get sleepers(): number {
    return this.#timers.length;
  }

  now(): number {
    return Math.floor(this.#wallOffsetMs + this.#monotonicMs);
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const timer: Timer = { dueMs: this.#monotonicMs + Math.max(0, ms), fire: wake };
      const abort = (): void => {
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        wake();
      };
      signal?.addEventListener('abort', abort);
      this.#timers.push(timer);
    });
  }

  random(): number {
    return this.#random.next();
  }

  /** Version 4. */
  uuid(): string {
    const hex = Array.from({ length: 16 }, (_, index) => this.#uuidByte(index).toString(16).padStart(2, '0')).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** Sets the wall clock forward or back, like an administrator or NTP. Monotonic time and sleepers do not change. */
  stepWallClock(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Lets `ms` pass and wakes every sleeper that is due, also those that sleep again. Errors: SIMULATION_STUCK. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await atRest();
    for (let fired = 0; this.#fireNext(endMs); fired++) {
      if (fired >= FIRED_MAX) throw new SimulationStuck(`more than ${FIRED_MAX} sleepers woke within ${ms} ms`);
      await atRest();
    }
    this.#monotonicMs = endMs;
  }

  /**
   * Lets time pass, from sleeper to sleeper, until there is an outcome. Errors: those of the outcome; SIMULATION_STUCK
   * if no sleeper is left, or `timeoutMs` of simulated time is over.
   */
  async runUntil<Outcome>(outcome: Promise<Outcome>, { timeoutMs }: { readonly timeoutMs: number }): Promise<Outcome> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    outcome.then(settle, settle);
    const endMs = this.#monotonicMs + timeoutMs;
    await atRest();
    for (let fired = 0; !isSettled; fired++) {
      if (this.#timers.length === 0) throw new SimulationStuck('no sleeper is left, and the outcome has not come');
      if (fired >= FIRED_MAX || !this.#fireNext(endMs)) throw new SimulationStuck(`the outcome has not come within ${timeoutMs} ms`);
      await atRest();
    }
    return outcome;
  }

  /** False if no sleeper is due by then. */
  #fireNext(endMs: number): boolean {
    // The first of the earliest: sleepers are in the order in which they went to sleep.
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.dueMs < next.dueMs) next = timer;
    if (!next || next.dueMs > endMs) return false;
    this.#timers.splice(this.#timers.indexOf(next), 1);
    this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
    next.fire();
    return true;
  }

  #uuidByte(index: number): number {
    const byte = this.#random.int(0, 255);
    if (index === 6) return (byte & 0x0f) | 0x40;
    return index === 8 ? (byte & 0x3f) | 0x80 : byte;
  }
}

/** One turn of the event loop: every promise that can settle has settled after it. */
const atRest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
