// Tells subscribers that there is something new: at once for commits of this process and for notifications, and by
// looking now and then in any case. One look serves all subscribers, and there is none while no subscriber waits.
import type { Runtime } from '@mainstem/event-store';
import { LogWaiters } from '@mainstem/event-store/adapter';
import { headStatement } from './page-statements.js';
import type { Sessions } from '../server/sessions.js';
import { isTransient } from '../server/translate-error.js';
import { Listener } from './listener.js';

/** Between looks while notifications are heard. They are a hint: this alone would be enough. */
const LOOK_LISTENING_MS = 250;
/** Between looks without notifications: soon after news, and after a while without any. */
const LOOK_BUSY_MS = 10;
const LOOK_RESTING_MS = 50;
const LOOKS_UNTIL_REST = 100;

export interface LogSignalOptions {
  readonly sessions: Sessions;
  readonly runtime: Runtime;
  /** Where to listen; undefined for nowhere. */
  readonly channel: string | undefined;
}

export class LogSignal {
  readonly #options: LogSignalOptions;
  readonly #waiters = new LogWaiters<bigint>();
  readonly #closing = new AbortController();
  readonly #listener: Listener | undefined;
  /** Ends the pause between two looks. */
  #pause = new AbortController();
  #watching: Promise<void> | undefined;
  #quietLooks = 0;

  constructor(options: LogSignalOptions) {
    this.#options = options;
    const { sessions, runtime, channel } = options;
    this.#listener = channel === undefined ? undefined : new Listener({ sessions, runtime, channel, onNews: () => this.#look() });
  }

  /**
   * Resolves when the log ends elsewhere than at `seen`, or when the signal fires. Errors: EVENT_STORE_CLOSED, and
   * those of the server that do not pass by themselves.
   */
  changed(seen: bigint, signal: AbortSignal): Promise<void> {
    return this.#waiters.changed(seen, signal, () => {
      // What was committed since the waiter looked was told before it waited: the first look is at once.
      this.#look();
      this.#watching ??= this.#watch();
    });
  }

  /** True while notifications arrive here. */
  get isHeard(): boolean {
    return this.#listener?.isHeard === true;
  }

  /** Wakes those that have not seen this end of the log. */
  tell(head: bigint): void {
    if (this.#waiters.tell(head)) this.#quietLooks = 0;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#pause.abort();
    this.#waiters.close();
    await Promise.all([this.#listener?.close(), this.#watching]);
  }

  #look(): void {
    this.#pause.abort();
  }

  async #watch(): Promise<void> {
    while (this.#waiters.count > 0 && !this.#closing.signal.aborted) {
      this.#pause = new AbortController();
      await this.#lookOnce();
      this.#listener?.listen();
      if (this.#waiters.count > 0) await this.#options.runtime.sleep(this.#pauseMs(), this.#pause.signal);
    }
    this.#watching = undefined;
  }

  async #lookOnce(): Promise<void> {
    const { sessions } = this.#options;
    try {
      const [row] = await sessions.readOnce(headStatement(sessions.options.target.schema));
      this.#quietLooks++;
      this.tell(BigInt(row?.[0] ?? 0));
    } catch (error) {
      // An outage ends: subscribers go on by themselves then.
      if (!isTransient(error)) this.#waiters.fail(sessions.translated(error, 'subscribe'));
    }
  }

  #pauseMs(): number {
    if (this.isHeard || this.#options.sessions.away()) return LOOK_LISTENING_MS;
    return this.#quietLooks < LOOKS_UNTIL_REST ? LOOK_BUSY_MS : LOOK_RESTING_MS;
  }
}
