// Sends answers no faster than the client accepts them.
import type { ServerWritableStream } from '@grpc/grpc-js';
import { reportedFailure, type Report } from './failures.js';
import type { ReadRequestMessage } from './messages.js';
import { sizeOf } from './outlet.js';

/** After this many bytes it waits for room: other calls get their turn, and the next page is not read yet. */
const UNSENT_BYTES_MAX = 64 * 1_024;

type Call = ServerWritableStream<ReadRequestMessage, object>;

/** Fires when the client has gone. */
export const cancellationOf = (call: Call): AbortSignal => {
  const cancellation = new AbortController();
  call.on('cancelled', () => cancellation.abort());
  call.on('close', () => cancellation.abort());
  return cancellation.signal;
};

/** Writes everything, then ends the call, with the status of an error if there was one. */
export const sendAnswers = async (call: Call, pages: AsyncIterable<readonly object[]>, signal: AbortSignal, report: Report): Promise<void> => {
  try {
    let unsentBytes = 0;
    for await (const page of pages) {
      for (const message of page) {
        if (signal.aborted) return;
        unsentBytes += sizeOf(message);
        if (unsentBytes < UNSENT_BYTES_MAX) call.write(message);
        else {
          await sent(call, message, signal);
          unsentBytes = 0;
        }
      }
    }
    call.end();
  } catch (error) {
    if (!signal.aborted) call.emit('error', reportedFailure(error, report));
  }
};

/** Resolves in a later turn of the event loop when there is room for more, or when the client has gone. */
const sent = (call: Call, message: object, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      signal.removeEventListener('abort', over);
      setImmediate(resolve);
    };
    signal.addEventListener('abort', over);
    call.write(message, over);
    if (signal.aborted) over();
  });
