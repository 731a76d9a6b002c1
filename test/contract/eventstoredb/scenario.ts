// The vocabulary of scenarios: own streams, consumers that report what they see, lines without names and places of a
// run.
import { randomUUID } from 'node:crypto';
import {
  jsonEvent,
  type EventStoreDBClient,
  type EventData,
  type PersistentAction,
  type PersistentSubscriptionToAll,
  type PersistentSubscriptionToStream,
  type ReadStreamOptions,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { vi } from 'vitest';

const LINES_MS_MAX = 20_000;
/** For what should not come. */
const SURPLUS_MS = 300;

export type Subscription = PersistentSubscriptionToStream | PersistentSubscriptionToAll;

export interface Seen extends Pick<ResolvedEvent, 'event' | 'link'> {
  readonly retryCount?: number | undefined;
}

/** What a consumer does with a message: nothing, acknowledge it, or say why not. */
export type Answer = 'none' | 'ack' | PersistentAction;

export const counted = (count: number, type = 'counted', from = 0): EventData[] =>
  Array.from({ length: count }, (_, n) => jsonEvent({ id: randomUUID(), type, data: { n: from + n } }));

export class Scenario {
  readonly client: EventStoreDBClient;
  /** In every name of this run. */
  readonly run: string;
  #serial = 0;

  constructor(client: EventStoreDBClient, run: string) {
    this.client = client;
    this.run = run;
  }

  /** The name of a stream, or of one of a category. */
  stream(category = 'scn'): string {
    return `${this.run}${category}-${++this.#serial}`;
  }

  /** As recorded: streams are told by their category alone. */
  told(line: string): string {
    return line
      .replaceAll(this.run, '')
      .replace(/-\d+(#|::| |$)/g, '-N$1')
      .replace(/@(\$*[a-z]+)-\d+/g, '@$1-N');
  }

  async append(stream: string, count: number, type?: string, from?: number): Promise<void> {
    await this.client.appendToStream(stream, counted(count, type, from));
  }

  /** What a read finds, or the error that it ends with. */
  async read(stream: string, options: ReadStreamOptions = {}): Promise<readonly string[]> {
    try {
      const lines: string[] = [];
      for await (const resolved of this.client.readStream(stream, options)) lines.push(lineOf(resolved));
      return lines;
    } catch (error) {
      return [`error ${typeOf(error)}`];
    }
  }

  parked(stream: string, options: ReadStreamOptions = { resolveLinkTos: true }): Promise<readonly string[]> {
    return this.read(`$persistentsubscription-${stream}::g-parked`, options);
  }
}

/** Many scenarios wait at once, which `expect.poll` does not. */
export const until = (isTrue: () => boolean | Promise<boolean>): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await isTrue())) throw new Error(`This has not come true within ${LINES_MS_MAX} ms: ${isTrue.toString()}`);
    },
    { timeout: LINES_MS_MAX, interval: 20 },
  );

/** `no error`, or which one. */
export const outcomeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return `error ${typeOf(error)}`;
  }
};

/** `stream#revision type data ← link#revision type data retry n`. */
export const lineOf = ({ event, link, retryCount }: Seen): string =>
  [
    event ? `${event.streamId}#${event.revision} ${event.type} ${textOf(event.data)}` : 'no event',
    ...(link ? [`← ${link.streamId}#${link.revision} ${link.type} ${textOf(link.data)}`] : []),
    ...(retryCount === undefined ? [] : [`retry ${retryCount}`]),
  ].join(' ');

const textOf = (data: unknown): string => (data instanceof Uint8Array ? Buffer.from(data).toString() : JSON.stringify(data));

const typeOf = (error: unknown): string => {
  const { type, code } = error as { readonly type?: string; readonly code?: number };
  return String(type ?? code);
};

/** A consumer that answers each message as it is told to. */
export class ScenarioConsumer {
  readonly lines: string[] = [];
  readonly #subscription: Subscription;
  readonly #confirmed: Promise<void>;

  constructor(subscription: Subscription, answer: (seen: Seen, nth: number) => Answer = () => 'ack') {
    this.#subscription = subscription;
    this.#confirmed = new Promise((resolve) => {
      subscription.once('confirmation', resolve);
      subscription.once('error', () => resolve());
    });
    let nth = 0;
    subscription.on('data', (seen: ResolvedEvent & Seen) => {
      this.lines.push(lineOf(seen));
      void this.#answer(seen, answer(seen, nth++));
    });
    subscription.on('error', (error: unknown) => this.lines.push(`error ${typeOf(error)}`));
  }

  /** Resolves when the server has confirmed or refused it. */
  connected(): Promise<void> {
    return this.#confirmed;
  }

  /** Everything so far, once there are so many lines and no more come. */
  async seen(count: number): Promise<readonly string[]> {
    await until(() => this.lines.length >= count);
    await new Promise((resolve) => setTimeout(resolve, SURPLUS_MS));
    return [...this.lines];
  }

  async end(): Promise<void> {
    await this.#subscription.unsubscribe().catch(() => undefined);
  }

  async #answer(seen: ResolvedEvent, answer: Answer): Promise<void> {
    const answered =
      answer === 'ack' ? this.#subscription.ack(seen) : answer === 'none' ? undefined : this.#subscription.nack(answer, 'because', seen);
    // The connection may have gone meanwhile: the message comes again.
    await answered?.catch(() => undefined);
  }
}
