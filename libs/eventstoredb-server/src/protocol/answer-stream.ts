// Sends answers no faster than the client takes them.
import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { reportedFailure, type Report } from './failures.js';
import type { ReadRequestMessage } from './messages.js';

type Call = ServerWritableStream<ReadRequestMessage, object>;

/** Fires when the client has gone. */
export const cancellationOf = (call: Call): AbortSignal => {
  const cancellation = new AbortController();
  call.on('cancelled', () => cancellation.abort());
  call.on('close', () => cancellation.abort());
  return cancellation.signal;
};

/** Writes everything, then ends the call, with the error's status if there was one. */
export const sendAnswers = async (call: Call, answers: AsyncIterable<object>, signal: AbortSignal, report: Report): Promise<void> => {
  try {
    for await (const message of answers) {
      if (signal.aborted) return;
      if (!call.write(message)) await drained(call, signal);
    }
    call.end();
  } catch (error) {
    if (!signal.aborted) call.emit('error', reportedFailure(error, report));
  }
};

const drained = async (call: Call, signal: AbortSignal): Promise<void> => {
  try {
    await once(call, 'drain', { signal });
  } catch (error) {
    // Cancelled meanwhile: there is nobody to write to.
    if (!signal.aborted) throw error;
  }
};
