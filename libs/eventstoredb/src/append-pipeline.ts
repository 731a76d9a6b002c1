// Appends on their way to the server, in the order of the calls, and again in that order after a lost connection.
import { OperationAborted, type Runtime } from '@mainstem/event-store';
import { AppendCall, BATCH_APPEND, type AppendMethod } from './append-call.js';
import { BackOff } from './back-off.js';
import type { HeldClient } from './client-holder.js';
import { EventStoreFailed, EventStoreUnavailable, TooManyAppends } from './errors.js';
import { Patience } from './patience.js';
import type { StoreContext } from './store-context.js';
import { connectionGivenUp, isTransient, isUnreachable, translateError, type Operation } from './translate-error.js';
import { within } from './within.js';
import type { AppendAnswer, Place } from './wire/append-answer.js';
import { withCorrelation } from './wire/append-request.js';

/** The limits of what may wait in memory. */
const PENDING_MAX = 65_536;
const PENDING_BYTES_MAX = 256 * 1_048_576;

export interface Acknowledgement {
  readonly revision: bigint;
  /** Undefined: the server recognises the append, but no longer knows its position, because its events are gone. */
  readonly position: bigint | undefined;
  /** Of an append to several streams: the last event of each stream that got any. */
  readonly places?: readonly Place[];
}

export interface PipelinedAppend {
  readonly parts: readonly Buffer[];
  /** The sum over all parts. */
  readonly bytes: number;
  /** True with an explicit revision: sent twice, it takes effect once. Others fail if they may have taken effect. */
  readonly isRepeatable: boolean;
  readonly operation: Operation;
  /** Of an append to several streams: what it says about each. An error names the one that it is about. */
  readonly shares?: readonly Operation[];
  readonly signal: AbortSignal | undefined;
}

interface Pending extends PipelinedAppend {
  readonly number: number;
  readonly startedAt: number;
  /** Undefined: not yet sent on the present call. */
  sentAt: number | undefined;
  /** True: the server may know this append. */
  wasSent: boolean;
  /** The error of the last call while this append waited. Other appends may have been answered since. */
  failure: unknown;
  readonly onAbort: () => void;
  readonly resolve: (acknowledgement: Acknowledgement) => void;
  readonly reject: (error: unknown) => void;
}

export class AppendPipeline {
  readonly #context: StoreContext;
  readonly #method: AppendMethod;
  readonly #backOff: BackOff;
  /** Appends without an answer, in the order of the calls. */
  readonly #pending = new Map<number, Pending>();
  #unsent: Pending[] = [];
  #bytes = 0;
  #lastNumber = 0;
  #call: AppendCall | undefined;
  #isFull = false;
  #hasAnswered = false;
  #isRunning = false;
  #isWatching = false;
  /** Fires when the present call is over: no timer of it is left, which would keep a closed store's process alive. */
  #over = new AbortController();
  readonly #patience: Patience;
  /** The last failure since the last answer. */
  #lastFailure: unknown;

  constructor(context: StoreContext, method = BATCH_APPEND) {
    this.#context = context;
    this.#method = method;
    this.#patience = new Patience(context.runtime, context.timeouts.patience);
    this.#backOff = new BackOff(context.runtime);
  }

  /**
   * Resolves when the server has stored the append. When a connection breaks, an append fails if it is older than the
   * patience or must not be repeated; only then is its outcome unknown. The signal removes an append that was not sent
   * yet. Errors: EVENT_STORE_OVERLOADED, EVENT_STORE_ABORTED, EVENT_STORE_UNAVAILABLE, and those that the server
   * answers with.
   */
  append(append: PipelinedAppend): Promise<Acknowledgement> {
    if (this.#pending.size >= PENDING_MAX) return Promise.reject(new TooManyAppends(String(PENDING_MAX)));
    if (this.#bytes >= PENDING_BYTES_MAX) return Promise.reject(new TooManyAppends(`${PENDING_BYTES_MAX} bytes`));
    return new Promise((resolve, reject) => {
      const startedAt = this.#runtime.monotonic();
      const onAbort = (): void => this.#abort(pending);
      const unsent = { sentAt: undefined, wasSent: false, failure: undefined };
      const pending: Pending = { ...append, ...unsent, number: ++this.#lastNumber, startedAt, onAbort, resolve, reject };
      this.#pending.set(pending.number, pending);
      this.#bytes += append.bytes;
      this.#unsent.push(pending);
      append.signal?.addEventListener('abort', pending.onAbort);
      if (this.#call && !this.#call.isOver) this.#sendUnsent(this.#call);
      else void this.#run();
    });
  }

  get #runtime(): Runtime {
    return this.#context.runtime;
  }

  /** Keeps a call open while there is something to send; one call at a time keeps the order of the appends. */
  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#pending.size > 0) {
        const failure = await this.#overOneCall();
        this.#giveUp(failure);
        if (this.#pending.size > 0) await this.#backOff.wait();
      }
    } catch (error) {
      // The store was closed, or the program has a fault: no caller may wait for ever.
      this.#rejectAll(error);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Resolves with the reason when the call is over. Errors: EVENT_STORE_CLOSED. */
  async #overOneCall(): Promise<unknown> {
    const { holder, timeouts } = this.#context;
    const held = holder.current();
    try {
      const opening = AppendCall.open(held.openCall, (answer) => this.#receive(answer), this.#method);
      const call = await within(opening, timeouts.answerMs, 'append', this.#runtime);
      this.#call = call;
      return await this.#untilEnded(call, held);
    } catch (error) {
      if (isUnreachable(error)) holder.renew(held, error);
      return error;
    } finally {
      this.#call = undefined;
    }
  }

  async #untilEnded(call: AppendCall, held: HeldClient): Promise<unknown> {
    const onAbandoned = (): void => call.fail(connectionGivenUp('append', held.abandoned, this.#context.redact));
    held.abandoned.addEventListener('abort', onAbandoned, { once: true });
    this.#isFull = false;
    this.#hasAnswered = false;
    this.#over = new AbortController();
    for (const pending of this.#pending.values()) pending.sentAt = undefined;
    this.#unsent = [...this.#pending.values()];
    this.#sendUnsent(call);
    if (held.abandoned.aborted) onAbandoned();
    const reason = await call.ended;
    this.#over.abort();
    held.abandoned.removeEventListener('abort', onAbandoned);
    const isSilent = reason instanceof EventStoreUnavailable || (!this.#hasAnswered && isUnreachable(reason));
    if (isSilent) this.#context.holder.renew(held, reason);
    return reason;
  }

  #sendUnsent(call: AppendCall): void {
    // Continues when the connection has taken what it was given.
    if (this.#isFull) return;
    const now = this.#runtime.monotonic();
    for (let pending = this.#unsent.shift(); pending; pending = this.#unsent.shift()) {
      if (!this.#pending.has(pending.number)) continue;
      pending.sentAt = now;
      pending.wasSent = true;
      for (const part of pending.parts) if (!call.send(withCorrelation(part, correlationOf(pending.number)))) this.#isFull = true;
      if (this.#isFull) break;
    }
    if (this.#isFull) call.whenDrained(() => this.#drained(call));
    if (!this.#isWatching) void this.#watch();
  }

  #drained(call: AppendCall): void {
    if (call !== this.#call) return;
    this.#isFull = false;
    this.#sendUnsent(call);
  }

  #receive(answer: AppendAnswer): void {
    this.#hasAnswered = true;
    const pending = this.#pending.get(numberOf(answer.correlationId));
    if (!pending) return;
    const { success, refusal } = answer;
    if (refusal && isTransient(refusal)) {
      // The server has not really answered. All waiting appends are sent again, so that they keep their order.
      this.#call?.fail(refusal);
      return;
    }
    this.#remove(pending);
    this.#backOff.reset();
    this.#patience.reset();
    this.#lastFailure = undefined;
    const { operation, shares } = pending;
    if (refusal) pending.reject(translateError(refusal, shares?.[answer.share ?? 0] ?? operation, this.#context.redact));
    else if (success?.revision === undefined) {
      pending.reject(new EventStoreFailed('append', 'its answer has no revision'));
    } else pending.resolve({ ...success, revision: success.revision });
  }

  /** One timer for all appends: the first in line has waited longest. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    const over = this.#over.signal;
    for (let call = this.#call; call && call === this.#call && !over.aborted;) {
      const leftMs = this.#silenceLeftMs();
      if (leftMs === undefined) break;
      if (leftMs <= 0) {
        call.fail(new EventStoreUnavailable('append', `no answer within ${this.#context.timeouts.answerMs} ms`));
        break;
      }
      await this.#runtime.sleep(leftMs, over);
    }
    this.#isWatching = false;
    // Another call may have begun meanwhile.
    if (this.#call && !this.#call.isOver && this.#silenceLeftMs() !== undefined) void this.#watch();
  }

  /** How long the oldest sent append may still wait; undefined if there is none. */
  #silenceLeftMs(): number | undefined {
    const [oldest] = this.#pending.values();
    return oldest?.sentAt === undefined ? undefined : oldest.sentAt + this.#context.timeouts.answerMs - this.#runtime.monotonic();
  }

  /** After a failure: rejects appends that must not be sent again, would fail again, or are out of time. */
  #giveUp(failure: unknown): void {
    this.#lastFailure = failure;
    if (!isTransient(failure)) return this.#rejectAll(failure);
    this.#patience.failed(failure);
    for (const pending of [...this.#pending.values()]) {
      pending.failure = failure;
      const isOver = this.#patience.isOver(pending.startedAt) || pending.signal?.aborted;
      const couldDouble = pending.wasSent && !pending.isRepeatable;
      if (isOver || couldDouble) this.#reject(pending, failure);
    }
  }

  /** A sent append cannot be called back: the pipeline waits for its answer while the connection lasts. */
  #abort(pending: Pending): void {
    if (!this.#pending.has(pending.number) || pending.sentAt !== undefined) return;
    if (pending.wasSent) this.#reject(pending, pending.failure ?? new EventStoreUnavailable('append', 'its connection broke before the answer'));
    else {
      this.#remove(pending);
      const failure = this.#lastFailure === undefined ? undefined : translateError(this.#lastFailure, pending.operation, this.#context.redact);
      pending.reject(new OperationAborted('append', pending.signal?.reason, failure));
    }
  }

  #rejectAll(error: unknown): void {
    for (const pending of [...this.#pending.values()]) this.#reject(pending, error);
  }

  #reject(pending: Pending, error: unknown): void {
    this.#remove(pending);
    pending.reject(translateError(error, pending.operation, this.#context.redact));
  }

  #remove(pending: Pending): void {
    if (this.#pending.delete(pending.number)) this.#bytes -= pending.bytes;
    pending.signal?.removeEventListener('abort', pending.onAbort);
  }
}

/** Servers send back the id that they got, as text or as two halves. Its last twelve digits are the number. */
const correlationOf = (number: number): string => `6d61696e-7374-4565-8d00-${number.toString(16).padStart(12, '0')}`;
const numberOf = (correlationId: string): number => Number.parseInt(correlationId.slice(-12), 16);
