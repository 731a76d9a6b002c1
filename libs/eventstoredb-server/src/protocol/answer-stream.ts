// Sends answers no faster than the client takes them.
import type { ServerWritableStream } from '@grpc/grpc-js';
import { reportedFailure, type Report } from './failures.js';
import type { ReadRequestMessage } from './messages.js';

/** What is handed over before it is waited for the connection to have taken it. */
const UNTAKEN_BYTES_MAX = 64 * 1_024;
/** What a message that is no event counts as. */
const MARK_BYTES = 256;

type Call = ServerWritableStream<ReadRequestMessage, object>;

/** Fires when the client has gone. */
export const cancellationOf = (call: Call): AbortSignal => {
  const cancellation = new AbortController();
  call.on('cancelled', () => cancellation.abort());
  call.on('close', () => cancellation.abort());
  return cancellation.signal;
};

/** Writes everything, then ends the call, with the error's status if there was one. */
export const sendAnswers = async (call: Call, pages: AsyncIterable<readonly object[]>, signal: AbortSignal, report: Report): Promise<void> => {
  try {
    let untakenBytes = 0;
    for await (const page of pages) {
      for (const message of page) {
        if (signal.aborted) return;
        const hasRoom = call.write(message);
        // The call counts messages, of which sixteen are its measure, however small they are.
        untakenBytes = hasRoom ? 0 : untakenBytes + (Buffer.isBuffer(message) ? message.length : MARK_BYTES);
        if (untakenBytes < UNTAKEN_BYTES_MAX) continue;
        await drained(call, signal);
        untakenBytes = 0;
      }
    }
    call.end();
  } catch (error) {
    if (!signal.aborted) call.emit('error', reportedFailure(error, report));
  }
};

/** Cancelled meanwhile: there is nobody to write to. */
const drained = (call: Call, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      call.off('drain', over);
      signal.removeEventListener('abort', over);
      resolve();
    };
    call.on('drain', over);
    signal.addEventListener('abort', over);
    if (signal.aborted) over();
  });
