// What a call of the client has delivered and nobody has taken yet. The client's own buffer is the only one: not taking holds the server back.
import type { Readable } from 'node:stream';
import type { ResolvedEvent } from '@eventstore/db-client';
import type { Runtime } from '@mainstem/event-store';

/** Events that the client may hold ready for each call, on either side of its decoding; each may have a megabyte. */
export const INBOX_EVENTS_MAX = 64;

/** Turns of the event loop that a reader waits before it sets a timer. */
const TURNS_BEFORE_SLEEP = 4;

export class Inbox {
  readonly #stream: Readable;
  readonly #runtime: Runtime;
  readonly #wakers = new Set<() => void>();
  /** Something has happened since the last take. The end of a call that gave nothing shows only when it is read. */
  #hasNews = false;
  #hasEnded = false;
  #failure: unknown;

  constructor(stream: Readable, runtime: Runtime) {
    this.#stream = stream;
    this.#runtime = runtime;
    stream.on('readable', () => this.wake());
    stream.on('end', () => this.#finish(undefined));
    stream.on('close', () => this.#finish(undefined));
    stream.on('error', (error) => this.#finish(error));
  }

  /** At most `max` events, at once; fewer means that no more are here. Throws what the call failed with, once everything is taken. */
  take(max: number): readonly ResolvedEvent[] {
    const events: ResolvedEvent[] = [];
    this.#hasNews = false;
    while (events.length < max) {
      const event = this.#stream.read() as ResolvedEvent | null;
      if (event === null) break;
      events.push(event);
    }
    if (events.length === 0 && this.#failure !== undefined) throw this.#failure;
    return events;
  }

  /** Whether nothing is here at the moment. */
  get isEmpty(): boolean {
    return this.#stream.readableLength === 0;
  }

  /** The call is over and everything is taken. */
  get isOver(): boolean {
    return this.#hasEnded && this.isEmpty && this.#failure === undefined;
  }

  /** Resolves when there is something new, or after `ms`, or when the signal fires. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    // While events stream in, the next ones are a turn or two away: a timer for each few of them would cost more than they do.
    for (let left = TURNS_BEFORE_SLEEP; left > 0; left--) {
      if (this.#isWorthALook || signal.aborted) return;
      await turn();
    }
    if (this.#isWorthALook || signal.aborted) return;
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    this.#wakers.add(wake);
    signal.addEventListener('abort', wake);
    await this.#runtime.sleep(ms, woken.signal);
    this.#wakers.delete(wake);
    signal.removeEventListener('abort', wake);
  }

  /** Lets whoever waits look again. */
  wake(): void {
    this.#hasNews = true;
    for (const wake of [...this.#wakers]) wake();
  }

  get #isWorthALook(): boolean {
    return this.#hasNews || this.#hasEnded || !this.isEmpty;
  }

  #finish(error: unknown): void {
    this.#hasEnded = true;
    this.#failure ??= error;
    this.wake();
  }
}

/** Resolves in the next turn of the event loop, after everything that is ready now. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
