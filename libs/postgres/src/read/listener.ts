// Hears the notifications of appends on a connection of its own, which never opens a transaction.
import type { Runtime } from '@mainstem/event-store';
import type { Client } from 'pg';
import type { Sessions } from '../server/sessions.js';

/** How long a notification to itself may take. */
const TEST_MS = 2_000;
/** After a silence it tests whether it still hears: a connection may be gone without a word. */
const SILENCE_MS = 30_000;
/** Between two attempts to hear, where a pooler or a dead server keeps it from that. */
const RETRY_MS = 5_000;

export interface ListenerOptions {
  readonly sessions: Sessions;
  readonly runtime: Runtime;
  readonly channel: string;
  /** Something may be new. */
  readonly onNews: () => void;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #client: Client | undefined;
  #isHeard = false;
  #heardAtMs = 0;
  #onHeard: (() => void) | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** True while notifications arrive here. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Begins to listen, if it does not yet. */
  listen(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { runtime, sessions } = this.#options;
    while (!this.#closing.signal.aborted) {
      const client = sessions.client();
      const { promise: lost, reject } = Promise.withResolvers<never>();
      const onLost = (): void => reject(new Error('the connection was lost'));
      client.on('error', onLost);
      client.on('end', onLost);
      this.#closing.signal.addEventListener('abort', onLost);
      this.#client = client;
      try {
        // The driver answers nothing that waits for a connection which is ended before it is there.
        await Promise.race([this.#hear(client), lost]);
      } catch {
        // Only a hint is missing: subscriptions look by themselves, and report what is wrong with the server.
      }
      this.#closing.signal.removeEventListener('abort', onLost);
      this.#end();
      await runtime.sleep(RETRY_MS, this.#closing.signal);
    }
  }

  /** Listens, shows that it hears what another connection sends, and tests it again after each silence. */
  async #hear(client: Client): Promise<void> {
    const { sessions, channel } = this.#options;
    client.on('notification', () => this.#heard(client));
    await client.connect();
    await this.#answered(async () => {
      // Behind a pooler the open transaction keeps its session: the listener is on another one, and hears nothing.
      const sender = await sessions.lease();
      let isSent = false;
      try {
        await sender.query('BEGIN');
        await client.query(`LISTEN "${channel}"`);
        await sender.query(`NOTIFY "${channel}"; COMMIT`);
        isSent = true;
      } finally {
        sender.release(!isSent);
      }
    });
    await this.#stayAwake(client);
  }

  async #stayAwake(client: Client): Promise<void> {
    const { runtime, sessions, channel } = this.#options;
    while (this.#client === client) {
      await runtime.sleep(SILENCE_MS, this.#closing.signal);
      if (this.#client !== client || runtime.monotonic() - this.#heardAtMs < SILENCE_MS) continue;
      await this.#answered(() => sessions.readOnce({ text: `SELECT pg_notify($1, '')`, values: [channel] }));
    }
  }

  /** Errors: no notification came in time. */
  async #answered(send: () => Promise<unknown>): Promise<void> {
    const heard = new AbortController();
    this.#onHeard = () => heard.abort();
    await send();
    await this.#options.runtime.sleep(TEST_MS, AbortSignal.any([heard.signal, this.#closing.signal]));
    this.#onHeard = undefined;
    if (!heard.signal.aborted) throw new Error('no notification was heard');
  }

  #heard(client: Client): void {
    if (this.#client !== client) return;
    this.#isHeard = true;
    this.#heardAtMs = this.#options.runtime.monotonic();
    this.#onHeard?.();
    this.#options.onNews();
  }

  #end(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#isHeard = false;
    client?.end().catch(() => undefined); // it is lost either way
  }
}
