// The client, with the messages of its hot paths encoded and decoded by ours, and closed in a way that lets a process end.
import { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { ConnectionSettingsInvalid } from './errors.js';
import { decodeReadAnswer } from './wire/read-answer.js';

/** What is used of the client's inside (version 6.2.1, pinned). */
interface Inside {
  GRPCStreamCreator: (...parts: StreamParts) => () => Promise<unknown>;
  getChannel: () => Promise<Channel>;
  /** Metadata and options of a call: credentials, name of the connection. */
  callArguments: (options: object, callOptions: object) => readonly [metadata: unknown, options: unknown];
}
interface Channel {
  close(): void;
}
type StreamParts = readonly [clientClass: unknown, name: string, create: (streams: never) => unknown, cache?: unknown];

/** The client's generated code for the service of streams. */
interface Streams {
  read(request: Request, metadata: unknown, options: unknown): unknown;
  makeServerStreamRequest(
    path: string,
    encode: (request: Request) => Buffer,
    decode: (bytes: Buffer) => unknown,
    ...rest: readonly unknown[]
  ): unknown;
  makeBidiStreamRequest(path: string, encode: (bytes: Buffer) => Buffer, decode: (bytes: Buffer) => unknown, ...rest: readonly unknown[]): unknown;
}
interface Request {
  serializeBinary(): Uint8Array;
}

/** A call of both directions, as far as it is used. */
export interface DuplexCall<Answer> {
  /** False: wait for `drain` before the next one. */
  write(message: Buffer): boolean;
  on(event: 'data', listener: (answer: Answer) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  once(event: 'drain', listener: () => void): unknown;
  cancel(): void;
}

/** Opens a call of both directions on the client's connection: found, secured, authorised and redirected as the client's own calls. */
export type OpenCall = <Answer>(path: string, decode: (bytes: Buffer) => Answer) => Promise<DuplexCall<Answer>>;

/** A client and its connections. */
export interface GuardedClient {
  readonly client: EventStoreDBClient;
  readonly openCall: OpenCall;
  /** Ends every call and closes the connection: the client's own `dispose` leaves it open. */
  close(): Promise<void>;
}

/** Dials nothing yet. Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID. */
export const createClient = (uri: string): GuardedClient => {
  let client: EventStoreDBClient;
  try {
    client = EventStoreDBClient.connectionString(uri);
  } catch (error) {
    // The client's text may repeat the string, and with it the password; its first words say enough.
    throw new ConnectionSettingsInvalid(
      error instanceof Error && /certificate/i.test(error.message) ? 'a certificate file is missing' : 'its form is wrong',
    );
  }
  const inside = client as unknown as Inside;
  const createStream = inside.GRPCStreamCreator;
  inside.GRPCStreamCreator = (clientClass, name, create, cache) =>
    createStream(clientClass, name, READS.includes(name) ? (streams: Streams) => create(withOwnDecoding(streams) as never) : create, cache);
  const openCall: OpenCall = async (path, decode) => {
    const create = (streams: Streams): unknown => {
      const [metadata, options] = inside.callArguments({}, { deadline: Infinity });
      return streams.makeBidiStreamRequest(path, (bytes: Buffer) => bytes, decode, metadata, options);
    };
    return (await createStream(StreamsClient, path, create)()) as DuplexCall<ReturnType<typeof decode>>;
  };
  const lastChannel = rememberChannel(inside);
  return {
    client,
    openCall,
    close: async () => {
      const disposed = client.dispose();
      (await lastChannel())?.close();
      await disposed;
    },
  };
};

/** The channel in use, if there is one: asking the client itself would open another. */
const rememberChannel = (client: Inside): (() => Promise<Channel> | undefined) => {
  const getChannel = client.getChannel;
  let last: Promise<Channel> | undefined;
  client.getChannel = () => (last = getChannel());
  return () => last;
};

const READ_PATH = '/event_store.client.streams.Streams/Read';
const READS: readonly string[] = ['readAll', 'readStream', 'subscribeToAll'];

/** Reads through the client, its answers decoded by ours. */
const withOwnDecoding = (streams: Streams): Pick<Streams, 'read'> => ({
  read: (request, metadata, options) => streams.makeServerStreamRequest(READ_PATH, serialized, decodeReadAnswer, request, metadata, options),
});

const serialized = (request: Request): Buffer => Buffer.from(request.serializeBinary());
