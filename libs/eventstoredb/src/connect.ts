// The first connection: tried until the store names its incarnation, or the time is over.
import type { Incarnation, Runtime } from '@mainstem/event-store';
import { BackOff } from './back-off.js';
import type { HeldClient } from './client-holder.js';
import { EventStoreUnavailable } from './errors.js';
import { readIncarnation } from './incarnation.js';
import { offersAppendAll } from './server-offer.js';
import type { StoreContext } from './store-context.js';
import { isTransient } from './translate-error.js';
import { within } from './within.js';

export interface Connecting {
  /** Names the address, for errors. */
  readonly operation: string;
  readonly timeoutMs: number;
}

/** What a store says about itself. */
export interface Connected {
  readonly incarnation: Incarnation;
  readonly hasAppendAll: boolean;
}

/** Errors: the client's, and EVENT_STORE_UNAVAILABLE if no server answers within `timeoutMs`. */
export const connect = async ({ runtime, holder, timeouts }: StoreContext, { operation, timeoutMs }: Connecting): Promise<Connected> => {
  const endsAt = runtime.monotonic() + timeoutMs;
  const backOff = new BackOff(runtime, { delayMsMin: 50, retryDelayMs: 100, retryDelayMaxMs: 1_000 });
  let reason: unknown;
  for (;;) {
    const held = holder.current();
    const limitMs = Math.max(1, Math.min(timeouts.answerMs, endsAt - runtime.monotonic()));
    try {
      return await within(introduce(held, runtime, timeouts.answerMs), limitMs, operation, runtime);
    } catch (error) {
      if (!isTransient(error)) throw error;
      // The last attempt was cut short and does not know why no server answered; the one before it does.
      const isCutShort = limitMs < timeouts.answerMs && error instanceof EventStoreUnavailable;
      if (reason === undefined || !isCutShort) reason = error;
      holder.renew(held, error);
      if (runtime.monotonic() < endsAt) await backOff.wait();
      if (runtime.monotonic() >= endsAt) throw reason;
    }
  }
};

const introduce = async (held: HeldClient, runtime: Runtime, answerMs: number): Promise<Connected> => {
  const incarnation = await readIncarnation(held, runtime, answerMs);
  return { incarnation, hasAppendAll: await offersAppendAll(held.openCall) };
};
