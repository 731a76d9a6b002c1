// One long call for many appends of a client: each is answered exactly once, under its correlation id.
import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import { EventStoreClosed, type Runtime } from '@mainstem/event-store';
import { RequestInvalid, StreamTombstoned, WriteTimedOut, WriteTooLarge } from '../errors.js';
import type { EventLog } from '../log/event-log.js';
import type { ProposedEvent } from '../semantics/log-event.js';
import type { Append, WriteOutcome } from '../log/log-transaction.js';
import type { ExpectedVersion } from '../semantics/expected-version.js';
import { expectedField, expectedOf, streamOf, uuidOf } from './wire.js';
import { packed } from './definitions.js';
import { failureOf, reportedFailure, type Report } from './failures.js';
import { EMPTY, type AppendAllRequestMessage, type ShareMessage } from './messages.js';
import type { OpenCalls } from './open-calls.js';
import { proposedEvent } from './proposed-event.js';
import { within } from './time-limit.js';

/** The limit of one client's appends that wait for their commit; after that its requests are left unread. */
const IN_FLIGHT_MAX = 1_000;
/** The limit of streams of one append. */
const SHARES_MAX = 100_000;
/** The limit of one client's appends whose last part has not come. */
const UNFINISHED_MAX = 1_000;

export interface BatchAppendContext {
  readonly log: EventLog;
  readonly runtime: Runtime;
  readonly writeTimeoutMs: number;
  readonly writeBytesMax: number;
  readonly report: Report;
  readonly openCalls: OpenCalls;
}

/** Requests of BatchAppend are those without shares. */
type Request = AppendAllRequestMessage;
type Call = ServerDuplexStream<Request, object>;

/** An append that was sent completely. */
export interface SentAppend {
  readonly first: Request;
  readonly shares: readonly ShareMessage[];
  readonly events: readonly ProposedEvent[];
}

/** Writes an append and answers it. An error becomes a refusal. */
export type WriteSent = (sent: SentAppend, log: EventLog) => Promise<object>;

/** The parts of one append that have come so far. */
interface Unfinished {
  readonly first: Request;
  readonly shares: ShareMessage[];
  /** When its client stops waiting, by the monotonic clock. */
  readonly expiresAtMs: number;
  readonly events: ProposedEvent[];
  /** Fires when its last part has come, or when its time is over. Set only if the first part was not the last. */
  complete: AbortController | undefined;
  bytes: number;
  /** The reason for a refusal, which the client gets after its last part has come. */
  refusal: unknown;
}

export class BatchAppendCall {
  readonly #call: Call;
  readonly #context: BatchAppendContext;
  readonly #write: WriteSent;
  readonly #unfinished = new Map<string, Unfinished>();
  #inFlight = 0;
  #hasEnded = false;
  #isStopping = false;
  #isOver = false;

  constructor(call: Call, context: BatchAppendContext, write: WriteSent = writeToOne) {
    this.#call = call;
    this.#write = write;
    this.#context = context;
    call.on('data', (request: Request) => this.#receive(request));
    call.on('end', () => {
      this.#hasEnded = true;
      this.#forget();
      this.#endIfDone();
    });
    const leave = context.openCalls.add(() => this.#stop());
    const leftBehind = (): void => {
      leave();
      this.#forget();
    };
    // The client has gone; appends that it sent completely are still written.
    call.on('error', leftBehind);
    call.on('cancelled', leftBehind);
    call.on('close', leftBehind);
  }

  /** Answers the complete appends, then tells the client that the server is gone, so that it tries another one. */
  #stop(): void {
    this.#isStopping = true;
    this.#forget();
    this.#endIfDone();
  }

  #receive(request: Request): void {
    if (this.#isStopping) return;
    const key = keyOf(request);
    if (key === undefined) {
      this.#answer(request, {
        error: refusalOf(new RequestInvalid('Each part of an append needs the correlation id of its append.'), this.#context.report),
      });
      return;
    }
    const known = this.#unfinished.get(key);
    if (!known && this.#unfinished.size >= UNFINISHED_MAX) {
      this.#call.emit('error', failureOf(new RequestInvalid('Too many appends are unfinished. Send the last part of earlier ones first.')));
      return;
    }
    const append = known ?? this.#begun(request);
    this.#add(append, request);
    if (request.is_final) {
      this.#unfinished.delete(key);
      const isExpired = append.complete?.signal.aborted === true;
      append.complete?.abort();
      if (!isExpired) void this.#finish(append);
    } else if (!known) {
      this.#unfinished.set(key, append);
      void this.#expire(append);
    }
  }

  #begun(first: Request): Unfinished {
    const options = first.options ?? first.shares?.[0]?.options ?? {};
    const expiresAtMs = this.#context.runtime.monotonic() + this.#waitMs(options);
    return { first, shares: [], expiresAtMs, events: [], bytes: 0, refusal: undefined, complete: undefined };
  }

  /** Tells the client that the time is over if the last part has not come by then. Later parts are ignored. */
  async #expire(append: Unfinished): Promise<void> {
    const { runtime, report } = this.#context;
    const complete = new AbortController();
    append.complete = complete;
    const waitMs = append.expiresAtMs - runtime.monotonic();
    if (waitMs > 0) await runtime.sleep(waitMs, complete.signal);
    if (complete.signal.aborted) return;
    append.refusal = new WriteTimedOut(waitMs);
    append.events.length = 0;
    complete.abort();
    this.#answer(append.first, { error: refusalOf(append.refusal, report) });
  }

  #forget(): void {
    for (const { complete } of this.#unfinished.values()) complete?.abort();
    this.#unfinished.clear();
  }

  #add(append: Unfinished, { shares = [], proposed_messages: messages = [] }: Request): void {
    if (append.refusal !== undefined) return;
    try {
      append.shares.push(...shares);
      if (append.shares.length > SHARES_MAX) throw new RequestInvalid(`An append has at most ${SHARES_MAX} streams.`);
      for (const message of messages) {
        const event = proposedEvent(message);
        append.bytes += event.data.length + event.metadata.length;
        if (append.bytes > this.#context.writeBytesMax) throw new WriteTooLarge(this.#context.writeBytesMax);
        append.events.push(event);
      }
    } catch (error) {
      append.refusal = error;
      append.shares.length = 0;
      append.events.length = 0;
    }
  }

  async #finish(append: Unfinished): Promise<void> {
    if (++this.#inFlight >= IN_FLIGHT_MAX) this.#call.pause();
    this.#answer(append.first, await this.#answerTo(append));
    this.#inFlight--;
    if (this.#inFlight < IN_FLIGHT_MAX && this.#call.isPaused()) this.#call.resume();
    this.#endIfDone();
  }

  async #answerTo({ first, shares, events, refusal, expiresAtMs }: Unfinished): Promise<object> {
    try {
      const { log, runtime } = this.#context;
      const waitMs = expiresAtMs - runtime.monotonic();
      if (waitMs <= 0) throw new WriteTimedOut(0);
      if (refusal !== undefined) throw refusal;
      return await within(this.#write({ first, shares, events }, log), waitMs, runtime);
    } catch (error) {
      return { error: refusalOf(error, this.#context.report) };
    }
  }

  /** Only this timer ends the client's wait: without an answer it would wait for ever. */
  #waitMs(options: NonNullable<Request['options']>): number {
    const { runtime, writeTimeoutMs } = this.#context;
    const { deadline_option: option, deadline_21_10_0: at, deadline: duration } = options;
    const given = option === 'deadline' ? duration : option === 'deadline_21_10_0' ? at : undefined;
    if (!given) return writeTimeoutMs;
    const ms = Number(given.seconds ?? '0') * 1_000 + (given.nanos ?? 0) / 1_000_000;
    return Math.max(0, Math.min(writeTimeoutMs, option === 'deadline' ? ms : ms - runtime.now()));
  }

  #answer({ correlation_id, options }: Request, answer: object): void {
    if (this.#call.cancelled || this.#call.destroyed) return;
    const { stream_identifier } = options ?? {};
    this.#call.write({ ...(correlation_id && { correlation_id }), ...(stream_identifier && { stream_identifier }), ...answer });
  }

  #endIfDone(): void {
    if (this.#isOver || this.#inFlight > 0 || !(this.#isStopping || this.#hasEnded)) return;
    this.#isOver = true;
    if (this.#isStopping) this.#call.emit('error', failureOf(new EventStoreClosed()));
    else this.#call.end();
  }
}

const writeToOne: WriteSent = async ({ first: { options }, events }, log) => {
  if (!options) throw new RequestInvalid('The first part of an append carries its options.');
  const append = { stream: streamOf(options.stream_identifier), expected: expectedOf(options), events };
  return answerOf(await log.append(append), append);
};

const keyOf = (request: Request): string | undefined => {
  try {
    return uuidOf(request.correlation_id);
  } catch {
    // The caller reports it: without the id there is nothing to answer under.
    return undefined;
  }
};

const answerOf = (outcome: WriteOutcome, { stream, expected }: Append): object => {
  if (outcome.kind === 'stream-deleted') throw new StreamTombstoned(stream);
  if (outcome.kind === 'wrong-version') return { error: wrongVersion(outcome.current, expected) };
  const position = { commit_position: String(outcome.position), prepare_position: String(outcome.position) };
  return { success: { position, ...(outcome.revision < 0 ? { no_stream: EMPTY } : { current_revision: String(outcome.revision) }) } };
};

export const wrongVersion = (current: number, expected: ExpectedVersion): object => ({
  code: status.ALREADY_EXISTS,
  message: 'WrongExpectedVersion',
  details: packed('event_store.client.WrongExpectedVersion', {
    ...(current < 0 ? { current_no_stream: EMPTY } : { current_stream_revision: String(current) }),
    ...expectedField(expected, 'expected', 'expected_stream_position'),
  }),
});

const TIMEOUT = packed('event_store.client.Timeout', EMPTY);

const refusalOf = (error: unknown, report: Report): object => {
  const { code, details: message } = reportedFailure(error, report);
  if (error instanceof StreamTombstoned) {
    const stream_identifier = { stream_name: Buffer.from(error.stream) };
    return { code: status.NOT_FOUND, message, details: packed('event_store.client.StreamDeleted', { stream_identifier }) };
  }
  if (error instanceof WriteTooLarge) {
    return { code, message, details: packed('event_store.client.MaximumAppendSizeExceeded', { maxAppendSize: error.bytesMax }) };
  }
  // Clients see only the detail: this one says that another attempt may succeed.
  if (error instanceof WriteTimedOut) return { code: status.DEADLINE_EXCEEDED, message, details: TIMEOUT };
  if (code === status.UNAVAILABLE) return { code, message, details: TIMEOUT };
  if (code === status.INVALID_ARGUMENT) return { code, message, details: packed('event_store.client.BadRequest', { message }) };
  return { code, message, details: packed('event_store.client.Unknown', EMPTY) };
};
