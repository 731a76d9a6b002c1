// One read or subscription at the server. It holds what has arrived until it is taken; when it is full, the server
// waits.
import type { Runtime } from '@mainstem/event-store';
import type { OpenRead, ReadStream } from './guarded-client.js';
import { ReadMark } from './wire/read-answer.js';
import { encodeRead, type ReadRequest } from './wire/read-request.js';
import { WireEvent } from './wire/wire-event.js';

/** Limits of what each call holds ready. Some 16 more events may be on their way through the client. */
const HELD_EVENTS_MAX = 1_024;
const HELD_BYTES_MAX = 1_048_576;

export interface ReadCallOptions {
  readonly openRead: OpenRead;
  readonly runtime: Runtime;
  /** When it fires, a waiting reader wakes up; the reader itself ends the call. */
  readonly signal: AbortSignal;
  /** Judges a checkpoint: some servers send wrong ones, beyond the end of the log. Default: trusts none. */
  readonly isCredible?: (checkpoint: bigint) => boolean;
}

export class ReadCall {
  readonly #runtime: Runtime;
  readonly #signal: AbortSignal;
  readonly #isCredible: (checkpoint: bigint) => boolean;
  readonly #onAbort = (): void => this.wake();
  #stream: ReadStream | undefined;
  #events: WireEvent[] = [];
  #bytes = 0;
  #isPaused = false;
  /** Something has happened since the last `take`. */
  #hasNews = false;
  #hasEnded = false;
  #failure: unknown;
  #isConfirmed = false;
  #isCaughtUp = false;
  #checkpoint: bigint | undefined;
  #claimed: bigint | undefined;
  #claims = 0;
  #waiter: Waiter | undefined;
  #alarm: Alarm | undefined;

  /** Begins at once; `take` throws the failure to reach a server. */
  constructor(request: ReadRequest, { openRead, runtime, signal, isCredible = () => false }: ReadCallOptions) {
    this.#runtime = runtime;
    this.#isCredible = isCredible;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
    openRead(encodeRead(request)).then(
      (stream) => this.#follow(stream),
      (error: unknown) => this.#finish(error),
    );
  }

  /** At most `max` events, at once; fewer if no more are here. After the last one, throws the call's failure. */
  take(max: number): readonly WireEvent[] {
    this.#hasNews = false;
    const isAll = this.#events.length <= max;
    const events = isAll ? this.#events : this.#events.splice(0, max);
    if (isAll) {
      this.#events = [];
      this.#bytes = 0;
    } else for (const { size } of events) this.#bytes -= size;
    if (this.#isPaused && !this.#isFull) {
      this.#isPaused = false;
      this.#stream?.resume();
    }
    if (events.length === 0 && this.#failure !== undefined) throw this.#failure;
    return events;
  }

  /** True if nothing is here at the moment. */
  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** True when the call is over and everything is taken. */
  get isOver(): boolean {
    return this.#hasEnded && this.isEmpty && this.#failure === undefined;
  }

  /** True once the server has accepted the subscription. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** True once the server says that the subscription has caught up and everything before is taken. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** The number of checkpoints so far that may be right. */
  get claims(): number {
    return this.#claims;
  }

  /** The last trusted checkpoint, once everything before it is taken. */
  get checkpoint(): bigint | undefined {
    return this.#checkpoint;
  }

  /** Resolves when there is something new, after `ms`, or when the signal fires. One wait at a time. */
  async wait(ms: number): Promise<void> {
    if (this.#hasNews || this.#hasEnded || !this.isEmpty || this.#signal.aborted) return;
    const untilMs = this.#runtime.monotonic() + ms;
    await new Promise<void>((resolve) => {
      this.#waiter = { untilMs, resolve, isWoken: false };
      if (!this.#alarm) void this.#watch();
      else if (this.#alarm.atMs > untilMs) this.#alarm.stop.abort();
    });
  }

  /** Wakes a waiting reader in the next turn of the event loop, to take together what arrives together. */
  wake(): void {
    this.#hasNews = true;
    const waiter = this.#waiter;
    if (!waiter || waiter.isWoken) return;
    waiter.isWoken = true;
    setImmediate(() => this.#release(waiter));
  }

  /** Gives up what was not taken. Always call it at the end. */
  end(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    const isOpen = !this.#hasEnded;
    this.#hasEnded = true;
    this.#events = [];
    this.#alarm?.stop.abort();
    if (this.#waiter) this.#release(this.#waiter);
    if (isOpen && this.#stream) cancel(this.#stream);
  }

  get #isFull(): boolean {
    return this.#events.length >= HELD_EVENTS_MAX || this.#bytes >= HELD_BYTES_MAX;
  }

  #follow(stream: ReadStream): void {
    this.#stream = stream;
    stream.on('error', (error) => this.#finish(error));
    stream.on('end', () => this.#finish(undefined));
    stream.on('close', () => this.#finish(undefined));
    if (this.#hasEnded) cancel(stream);
    else stream.on('data', (answer) => this.#receive(answer));
  }

  #receive(answer: WireEvent | ReadMark): void {
    if (this.#hasEnded) return;
    if (answer instanceof WireEvent) {
      this.#claimed = undefined; // it says more than an earlier claim, or shows that the claim was wrong
      this.#events.push(answer);
      this.#bytes += answer.size;
      if (!this.#isPaused && this.#isFull) {
        this.#isPaused = true;
        this.#stream?.pause();
      }
    } else if (answer.kind === 'confirmation') this.#isConfirmed = true;
    else if (answer.kind === 'caught-up') this.#isCaughtUp = true;
    else if (answer.kind === 'checkpoint') {
      // A checkpoint wakes no reader: while the server searches, many of them come.
      if (answer.isPlace && this.#isCredible(answer.commit)) this.#claim(answer.commit);
      return;
    }
    // A missing stream has no events; the server ends the call itself.
    this.wake();
  }

  /** The server claims to have delivered all up to here. Only a later event, or none, makes the claim credible. */
  #claim(checkpoint: bigint): void {
    if (this.#claimed !== undefined && checkpoint > this.#claimed) this.#checkpoint = this.#claimed;
    this.#claimed = checkpoint;
    this.#claims++;
  }

  #finish(error: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#failure = error;
    this.wake();
  }

  #release(waiter: Waiter): void {
    if (this.#waiter === waiter) this.#waiter = undefined;
    waiter.resolve();
  }

  /** One timer for all waits: while events stream in, one timer a wait would cost more than the wait. */
  async #watch(): Promise<void> {
    for (let waiter = this.#waiter; waiter; waiter = this.#waiter) {
      const leftMs = waiter.untilMs - this.#runtime.monotonic();
      if (leftMs <= 0) {
        this.#release(waiter);
        break;
      }
      this.#alarm = { atMs: waiter.untilMs, stop: new AbortController() };
      await this.#runtime.sleep(leftMs, this.#alarm.stop.signal);
    }
    this.#alarm = undefined;
  }
}

interface Waiter {
  readonly untilMs: number;
  readonly resolve: () => void;
  isWoken: boolean;
}

interface Alarm {
  readonly atMs: number;
  readonly stop: AbortController;
}

/** In a turn of its own: the transport does not support it in the middle of a delivery. */
const cancel = (stream: ReadStream): void => {
  setImmediate(() => {
    stream.cancel();
    // If it were held back, it would not come to its end.
    stream.resume();
  });
};

/** All events of a short read, or those up to one that is enough. Errors: the client's. */
export const readFew = async (
  openRead: OpenRead,
  request: ReadRequest & { readonly count: number },
  isEnough: (event: WireEvent) => boolean = () => false,
): Promise<readonly WireEvent[]> => {
  const stream = await openRead(encodeRead(request));
  return new Promise((resolve, reject) => {
    const events: WireEvent[] = [];
    let isOver = false;
    stream.on('error', reject);
    stream.on('end', () => resolve(events));
    stream.on('data', (answer) => {
      if (isOver || !(answer instanceof WireEvent)) return;
      events.push(answer);
      isOver = isEnough(answer);
      if (!isOver) return;
      resolve(events);
      cancel(stream);
    });
  });
};
