// Bounds how long an answer is waited for: the client itself would wait for ever.
import type { Runtime } from '@mainstem/event-store';
import { EventStoreUnavailable } from './errors.js';

/** The answer, if it comes within `timeoutMs`. Errors: EVENT_STORE_UNAVAILABLE, and those of the work. */
export const within = async <Result>(work: Promise<Result>, timeoutMs: number, operation: string, runtime: Runtime): Promise<Result> => {
  const done = new AbortController();
  const silence = async (): Promise<never> => {
    await runtime.sleep(timeoutMs, done.signal);
    throw new EventStoreUnavailable(operation, `no answer within ${timeoutMs} ms`);
  };
  try {
    return await Promise.race([work, silence()]);
  } finally {
    done.abort();
  }
};
