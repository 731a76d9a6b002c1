// Time, timers, randomness and ids come from here, never from globals, so that a test can simulate them with a seed.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** The outside world as far as the framework needs it. */
export interface Runtime {
  /** Wall clock, milliseconds since the Unix epoch. For labels, never for order or leases. */
  now(): number;
  /** A clock that never goes back, in milliseconds from an arbitrary start. For durations and deadlines. */
  monotonic(): number;
  /**
   * Resolves after `ms`; at once for a time that has passed; early, without an error, when the signal fires. It keeps
   * the process alive, because the caller waits.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1). */
  random(): number;
  /** A random UUID. */
  uuid(): string;
}

/** The real world. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    if (signal?.aborted) return;
    await delay(Math.max(0, ms), undefined, signal && { signal }).catch(() => undefined);
  },
  random: () => Math.random(),
  uuid: () => randomUUID(),
};
