// Random operations that a real EventStoreDB answered through its client, repeated: the operations, and what is
// compared.
import { createHash } from 'node:crypto';
import { once, type EventEmitter } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  binaryEvent,
  END,
  eventTypeFilter,
  jsonEvent,
  streamNameFilter,
  type EventStoreDBClient,
  type ResolvedEvent,
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type AppendResult,
  type Direction,
  type Filter,
  type EventData,
  type JSONType,
  type Position,
  type StreamMetadata,
  type StreamSubscription,
} from '@eventstore/db-client';
import { WAYS } from './protocol-fixture.js';

const FOLDER = fileURLToPath(new URL('../../../data/eventstoredb-24.10/recordings/', import.meta.url));
const READ_MAX = 5_000;
const CAUGHT_UP_MS_MAX = 20_000;
const STARTED = 'recording-started';

interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly data?: JSONType;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Hexadecimal, instead of data. */
  readonly bytes?: string;
}

type Operation = { readonly stream: string } & (
  | { readonly op: 'append'; readonly events: readonly SentEvent[]; readonly expected: string }
  | { readonly op: 'delete' | 'tombstone'; readonly expected: string }
  | { readonly op: 'set metadata'; readonly metadata: StreamMetadata; readonly expected: string }
  | { readonly op: 'get metadata' }
  | { readonly op: 'read'; readonly direction: Direction; readonly from: string; readonly max: number }
  | { readonly op: 'read all'; readonly direction: Direction }
  | { readonly op: 'subscribe'; readonly from: string }
  | { readonly op: 'subscribe all'; readonly on: 'type' | 'stream'; readonly prefixes?: string[]; readonly regex?: string }
);

export interface Recording {
  readonly name: string;
  /** Of all its streams. */
  readonly prefix: string;
  /** Through calls with one answer instead of the stream of appends. */
  readonly unary: boolean;
  readonly steps: readonly (Operation & { readonly n: number; readonly answer: unknown })[];
}

export const recordings = (): readonly string[] => readdirSync(FOLDER).toSorted();

export const recording = (name: string): Recording => {
  const text = gunzipSync(readFileSync(FOLDER + name)).toString();
  const [head, ...steps] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as never);
  return { ...(head as unknown as Omit<Recording, 'name' | 'steps'>), name, steps };
};

export class SequenceReplay {
  readonly #client: EventStoreDBClient;
  readonly #prefix: string;
  readonly #way: (typeof WAYS)[number][1];
  readonly #start: Position;

  static async begin(client: EventStoreDBClient, { prefix, unary }: Recording): Promise<SequenceReplay> {
    const { position } = await client.appendToStream(`${prefix}started`, jsonEvent({ type: STARTED, data: {} }));
    if (!position) throw new Error('an append was answered without its position');
    return new SequenceReplay(client, prefix, WAYS[unary ? 1 : 0][1], position);
  }

  private constructor(client: EventStoreDBClient, prefix: string, way: (typeof WAYS)[number][1], start: Position) {
    this.#client = client;
    this.#prefix = prefix;
    this.#way = way;
    this.#start = start;
  }

  async answerTo(operation: Operation): Promise<unknown> {
    try {
      return await this.#perform(operation);
    } catch (error) {
      return failure(error);
    }
  }

  async #perform(operation: Operation): Promise<unknown> {
    const [client, way, { stream }] = [this.#client, this.#way, operation];
    switch (operation.op) {
      case 'append':
        return written(
          await client.appendToStream(stream, operation.events.map(eventOf), { expectedRevision: revisionOf(operation.expected), ...way }),
        );
      case 'delete':
        await client.deleteStream(stream, { expectedRevision: revisionOf(operation.expected), ...way });
        return 'deleted';
      case 'tombstone':
        await client.tombstoneStream(stream, { expectedRevision: revisionOf(operation.expected), ...way });
        return 'gone';
      case 'set metadata':
        return written(await client.setStreamMetadata(stream, operation.metadata, { expectedRevision: revisionOf(operation.expected), ...way }));
      case 'get metadata':
        return { metadata: (await client.getStreamMetadata(stream, way)).metadata ?? null };
      case 'read':
        return all(
          client.readStream(stream, { direction: operation.direction, fromRevision: revisionOf(operation.from), maxCount: operation.max, ...way }),
        );
      case 'read all':
        return this.#ofRun(
          client.readAll({
            direction: operation.direction,
            fromPosition: operation.direction === 'forwards' ? this.#start : END,
            maxCount: READ_MAX,
            ...way,
          }),
        );
      case 'subscribe':
        return all(await untilCaughtUp(client.subscribeToStream(stream, { fromRevision: revisionOf(operation.from), ...way })));
      case 'subscribe all': {
        const filter = filterOf(operation);
        return this.#ofRun(await untilCaughtUp(client.subscribeToAll({ fromPosition: this.#start, filter, ...way })));
      }
    }
  }

  #ofRun(events: Events): Promise<readonly string[]> {
    const isOfRun = (stream: string): boolean => stream.startsWith(this.#prefix) || stream.startsWith(`$$${this.#prefix}`);
    return all(events, ({ streamId, type }) => isOfRun(streamId) && type !== STARTED);
  }
}

type Events = AsyncIterable<Resolved> | Iterable<Resolved>;
type Resolved = AllStreamResolvedEvent | ResolvedEvent;
type Found = NonNullable<Resolved['event']>;

const all = async (events: Events, isWanted: (event: Found) => boolean = () => true): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const { event } of events) if (event && isWanted(event)) found.push(told(event));
  return found;
};

/** What a subscription tells until it has caught up. */
const untilCaughtUp = async (subscription: AllStreamSubscription | StreamSubscription): Promise<readonly Resolved[]> => {
  const found: Resolved[] = [];
  const inTime = AbortSignal.timeout(CAUGHT_UP_MS_MAX);
  try {
    subscription.on('data', (resolved: Resolved) => found.push(resolved));
    await once(subscription as unknown as EventEmitter, 'caughtUp', { signal: inTime });
    return found;
  } finally {
    await subscription.unsubscribe().catch(() => undefined);
  }
};

const filterOf = ({ on, prefixes, regex = '' }: Extract<Operation, { op: 'subscribe all' }>): Filter => {
  if (prefixes) return on === 'type' ? eventTypeFilter({ prefixes }) : streamNameFilter({ prefixes });
  return on === 'type' ? eventTypeFilter({ regex }) : streamNameFilter({ regex });
};

const eventOf = ({ id, type, data, metadata, bytes }: SentEvent): EventData =>
  bytes === undefined
    ? jsonEvent({ id, type, data: data as JSONType, ...(metadata && { metadata }) })
    : binaryEvent({ id, type, data: Buffer.from(bytes, 'hex') });

const revisionOf = (text: string): never => (/^\d+$/.test(text) ? BigInt(text) : text) as never;

const written = ({ success, nextExpectedRevision }: AppendResult): unknown => ({ success, next: String(nextExpectedRevision) });

/** `stream#revision id type json|bytes digest`; the ids of the server's own events are its own. */
const told = ({ streamId, revision, id, type, isJson, data, metadata }: Found): string => {
  const isOwn = streamId.startsWith('$$') || type.startsWith('$stream');
  const digest = createHash('sha256')
    .update(`${plain(data)} ${plain(metadata)}`)
    .digest('hex')
    .slice(0, 8);
  return `${streamId}#${revision} ${isOwn ? '-' : id} ${type} ${isJson ? 'json' : 'bytes'} ${digest}`;
};

const plain = (value: unknown): string => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : JSON.stringify(value ?? null));

/** Errors by their type and what they name; no words. */
const failure = (thrown: unknown): unknown => {
  const error = thrown as {
    readonly type?: string;
    readonly expectedVersion?: unknown;
    readonly actualVersion?: unknown;
    readonly streamName?: string;
  };
  if (error.type === undefined) throw thrown;
  const version = (value: unknown): string => (String(value) === '-1' ? 'no_stream' : String(value));
  return {
    error: error.type,
    ...(error.expectedVersion !== undefined && { expected: version(error.expectedVersion) }),
    ...(error.actualVersion !== undefined && { actual: version(error.actualVersion) }),
    ...(error.streamName !== undefined && error.streamName !== '' && { stream: error.streamName }),
  };
};
