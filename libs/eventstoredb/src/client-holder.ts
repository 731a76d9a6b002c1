// The one connection of a store: made anew when it is silent, at most once a second.
import { EventStoreClosed, inTime, type Runtime } from '@mainstem/event-store';
import type { ClientPackage } from './client-package.js';
import { ownConnection } from './connection-settings.js';
import { createClient, type GuardedClient, type OpenCall, type OpenRead } from './guarded-client.js';

const RENEWAL_INTERVAL_MS = 1_000;
/** The longest wait for the end of a connection. */
const CLOSING_MS = 1_000;

/** A client, and the signal that fires with the reason when it is given up. Its users must then let go of it. */
export interface HeldClient {
  readonly client: object;
  readonly openCall: OpenCall;
  readonly openRead: OpenRead;
  readonly abandoned: AbortSignal;
}

export class ClientHolder {
  readonly #uri: string;
  readonly #choice: ClientPackage | undefined;
  readonly #runtime: Runtime;
  #held: Held;
  #renewedAt = -Infinity;
  /** The client seems silent, but it is too soon after the last renewal. */
  #isSilent = false;
  #reason: unknown;
  readonly #closings = new Set<Promise<void>>();
  #isClosed = false;

  /** Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID, EVENT_STORE_CLIENT_UNUSABLE. */
  constructor(uri: string, runtime: Runtime, choice?: ClientPackage) {
    this.#uri = uri;
    this.#choice = choice;
    this.#runtime = runtime;
    this.#held = held(uri, choice);
  }

  /** Errors: EVENT_STORE_CLOSED. */
  current(): HeldClient {
    if (this.#isClosed) throw new EventStoreClosed();
    if (this.#isSilent) this.renew(this.#held);
    return this.#held;
  }

  /**
   * Replaces a client that does not answer; does nothing if that client was already replaced. Too soon after the last
   * renewal, the next call of `current` replaces it. The signal carries `reason` to the users of the old client.
   */
  renew(silent: HeldClient, reason = this.#reason): void {
    if (this.#isClosed || silent.client !== this.#held.client) return;
    this.#reason = reason;
    const now = this.#runtime.monotonic();
    this.#isSilent = now - this.#renewedAt < RENEWAL_INTERVAL_MS;
    if (this.#isSilent) return;
    this.#renewedAt = now;
    const old = this.#held;
    this.#held = held(this.#uri, this.#choice);
    this.#retire(old, reason);
  }

  async close(): Promise<void> {
    if (!this.#isClosed) this.#retire(this.#held);
    this.#isClosed = true;
    await Promise.all(this.#closings);
  }

  #retire({ close, abandon }: Held, reason?: unknown): void {
    abandon(reason);
    // A connection that fails while closing is closed. The client waits for its calls; an unread call never ends.
    const closed = close().catch(() => undefined);
    const closing: Promise<void> = inTime(closed, CLOSING_MS, this.#runtime, () => undefined).finally(() => this.#closings.delete(closing));
    this.#closings.add(closing);
  }
}

interface Held extends HeldClient, GuardedClient {
  readonly abandon: (reason: unknown) => void;
}

const held = (uri: string, choice: ClientPackage | undefined): Held => {
  const abandonment = new AbortController();
  return { ...createClient(ownConnection(uri), choice), abandoned: abandonment.signal, abandon: (reason) => abandonment.abort(reason) };
};
