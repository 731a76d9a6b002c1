// Bounds how long an answer is waited for: the client itself would wait for ever.
import { inTime, type Runtime } from '@mainstem/event-store';
import { EventStoreUnavailable } from './errors.js';

/** The answer, if it comes within `timeoutMs`. Errors: EVENT_STORE_UNAVAILABLE, and those of the work. */
export const within = <Result>(work: Promise<Result>, timeoutMs: number, operation: string, runtime: Runtime): Promise<Result> =>
  inTime(work, timeoutMs, runtime, () => {
    throw new EventStoreUnavailable(operation, `no answer within ${timeoutMs} ms`);
  });
