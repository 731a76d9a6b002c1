// Limits the wait for an answer: the client itself would wait for ever.
import { inTime, OperationAborted, type Runtime } from '@mainstem/event-store';
import { EventStoreUnavailable } from './errors.js';

/** The answer, if it comes within `timeoutMs`. Errors: EVENT_STORE_UNAVAILABLE, and those of the work. */
export const within = <Result>(work: Promise<Result>, timeoutMs: number, operation: string, runtime: Runtime): Promise<Result> =>
  inTime(work, timeoutMs, runtime, () => {
    throw new EventStoreUnavailable(operation, `no answer within ${timeoutMs} ms`);
  });

/** The work's outcome, or the abort as soon as the signal fires; the work goes on. Errors: EVENT_STORE_ABORTED. */
export const untilAborted = async <Result>(work: Promise<Result>, signal: AbortSignal | undefined, operation: string): Promise<Result> => {
  if (!signal) return work;
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new OperationAborted(operation, signal.reason)), { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    over.abort();
  }
};
