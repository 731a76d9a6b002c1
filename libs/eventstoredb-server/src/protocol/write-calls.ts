// Append, Delete and Tombstone: one write in each call.
import type { sendUnaryData, ServerReadableStream, ServerUnaryCall } from '@grpc/grpc-js';
import { EventStoreClosed, type Runtime } from '@mainstem/event-store';
import { RequestInvalid, StreamTombstoned, WriteTooLarge } from '../errors.js';
import type { EventLog } from '../log/event-log.js';
import type { ProposedEvent } from '../semantics/log-event.js';
import type { Write, WriteOutcome } from '../log/log-transaction.js';
import type { ExpectedVersion } from '../semantics/expected-version.js';
import { failureOf, reportedFailure, wrongVersionFailure, type Report } from './failures.js';
import { EMPTY, type AppendRequestMessage, type DeleteRequestMessage, type WriteOptionsMessage } from './messages.js';
import type { OpenCalls } from './open-calls.js';
import { proposedEvent } from './proposed-event.js';
import { within } from './time-limit.js';
import { expectedField, expectedOf, NO_REVISION, streamOf } from './wire.js';

export interface WriteContext {
  readonly log: EventLog;
  readonly runtime: Runtime;
  readonly writeTimeoutMs: number;
  readonly writeBytesMax: number;
  readonly report: Report;
  readonly openCalls: OpenCalls;
}

/** Writes the append when the client has sent all of it. A wrong version is an answer, not a failure. */
export const handleAppend = (
  call: ServerReadableStream<AppendRequestMessage, object>,
  answer: sendUnaryData<object>,
  { log, runtime, writeTimeoutMs, writeBytesMax, report, openCalls }: WriteContext,
): void => {
  let options: WriteOptionsMessage | undefined;
  let refusal: unknown;
  let bytes = 0;
  const events: ProposedEvent[] = [];
  const receive = (request: AppendRequestMessage): void => {
    if (request.content === 'options') {
      if (options) throw new RequestInvalid('An append has one set of options.');
      options = request.options;
    }
    if (request.content !== 'proposed_message') return;
    if (!options) throw new RequestInvalid('The first message of an append carries its options.');
    const event = proposedEvent(request.proposed_message ?? {});
    bytes += event.data.length + event.metadata.length;
    if (bytes > writeBytesMax) throw new WriteTooLarge(writeBytesMax);
    events.push(event);
  };
  const write = async (): Promise<object> => {
    if (refusal !== undefined) throw refusal;
    if (!options) throw new RequestInvalid('The first message of an append carries its options.');
    const append = { stream: streamOf(options.stream_identifier), expected: expectedOf(options), events };
    return appendAnswer(await within(log.append(append), writeTimeoutMs, runtime), append);
  };
  call.on('data', (request: AppendRequestMessage) => {
    try {
      if (refusal === undefined) receive(request);
    } catch (error) {
      refusal = error;
      events.length = 0;
    }
  });
  let isStopped = false;
  const leave = openCalls.add(() => {
    isStopped = true;
    answer(failureOf(new EventStoreClosed()), null);
  });
  call.on('close', leave);
  call.on('cancelled', leave);
  call.on('end', () => {
    leave();
    if (!isStopped) void settle(write(), answer, report);
  });
};

/** Delete and Tombstone differ only in the write. */
export const handleDelete = (
  call: ServerUnaryCall<DeleteRequestMessage, object>,
  answer: sendUnaryData<object>,
  remove: (write: Write) => Promise<WriteOutcome>,
  { runtime, writeTimeoutMs, report }: WriteContext,
): void => {
  const run = async (): Promise<object> => {
    const { options } = call.request;
    if (!options) throw new RequestInvalid('A delete carries its options.');
    const write = { stream: streamOf(options.stream_identifier), expected: expectedOf(options) };
    const outcome = await within(remove(write), writeTimeoutMs, runtime);
    if (outcome.kind === 'stream-deleted') throw new StreamTombstoned(write.stream);
    if (outcome.kind === 'wrong-version') throw wrongVersionFailure(write.stream, write.expected, outcome.current);
    return { position: positionMessage(outcome.position) };
  };
  void settle(run(), answer, report);
};

const settle = async (work: Promise<object>, answer: sendUnaryData<object>, report: Report): Promise<void> => {
  try {
    answer(null, await work);
  } catch (error) {
    answer(reportedFailure(error, report), null);
  }
};

const appendAnswer = (outcome: WriteOutcome, { stream, expected }: Write): object => {
  if (outcome.kind === 'stream-deleted') throw new StreamTombstoned(stream);
  if (outcome.kind === 'wrong-version') {
    return {
      wrong_expected_version: {
        ...(outcome.current < 0
          ? { current_no_stream: EMPTY, no_stream_20_6_0: EMPTY }
          : { current_revision: String(outcome.current), current_revision_20_6_0: String(outcome.current) }),
        ...expectedField(expected, 'expected', 'expected_revision'),
        ...expectedField20_6(expected),
      },
    };
  }
  const revision = outcome.revision < 0 ? { no_stream: EMPTY } : { current_revision: String(outcome.revision) };
  return { success: { ...revision, position: positionMessage(outcome.position) } };
};

/** For clients before 20.6.1, which know "no stream" as a number. */
const expectedField20_6 = (expected: ExpectedVersion): object => {
  if (expected === 'any') return { any_20_6_0: EMPTY };
  if (expected === 'stream-exists') return { stream_exists_20_6_0: EMPTY };
  return { expected_revision_20_6_0: String(expected === 'no-stream' ? NO_REVISION : expected) };
};

const positionMessage = (position: number): object => ({ commit_position: String(position), prepare_position: String(position) });
