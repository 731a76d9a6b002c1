// The client, with the messages of its hot paths encoded and decoded by ours, and closed in a way that lets a process end.
import { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { ConnectionSettingsInvalid } from './errors.js';
import { addressesOf, type Address } from './connection-settings.js';
import { refusals } from './refusals.js';
import { errorOfFinding, isOfFinding } from './translate-error.js';
import { decodeReadAnswer, type ReadMark } from './wire/read-answer.js';
import type { WireEvent } from './wire/wire-event.js';

/** What is used of the client's inside (version 6.2.1, pinned). */
interface Inside {
  GRPCStreamCreator: (...parts: StreamParts) => () => Promise<unknown>;
  getChannel: () => Promise<Channel>;
  /** Called after a failed call, and awaited by nobody. */
  handleError: (grpcClient: unknown, error: unknown) => Promise<void>;
  /** Metadata and options of a call: credentials, name of the connection. */
  callArguments: (options: object, callOptions: object) => readonly [metadata: unknown, options: unknown];
}
interface Channel {
  close(): void;
}
type StreamParts = readonly [clientClass: unknown, name: string, create: (streams: never) => unknown, cache?: unknown];

/** The client's generated code for the service of streams. */
interface Streams {
  makeServerStreamRequest(path: string, encode: (bytes: Buffer) => Buffer, decode: (bytes: Buffer) => unknown, ...rest: readonly unknown[]): unknown;
  makeBidiStreamRequest(path: string, encode: (bytes: Buffer) => Buffer, decode: (bytes: Buffer) => unknown, ...rest: readonly unknown[]): unknown;
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

/** A read that the server answers, as far as it is used. */
export interface ReadStream {
  on(event: 'data', listener: (answer: WireEvent | ReadMark) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  /** Holds the server back. */
  pause(): unknown;
  resume(): unknown;
  cancel(): void;
}

/** Opens a read on the client's connection, in the same way. Takes the request's bytes. */
export type OpenRead = (request: Buffer) => Promise<ReadStream>;

/** A client and its connections. */
export interface GuardedClient {
  readonly client: EventStoreDBClient;
  readonly openCall: OpenCall;
  readonly openRead: OpenRead;
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
  handleRejections(inside);
  const addresses = addressesOf(uri);
  const openCall: OpenCall = async (path, decode) => {
    const create = (streams: Streams): unknown => streams.makeBidiStreamRequest(path, asItIs, decode, ...inside.callArguments({}, WITHOUT_DEADLINE));
    return (await found('append', addresses, inside.GRPCStreamCreator(StreamsClient, path, create)())) as DuplexCall<ReturnType<typeof decode>>;
  };
  const openRead: OpenRead = async (request) => {
    const create = (streams: Streams): unknown =>
      streams.makeServerStreamRequest(READ_PATH, asItIs, decodeReadAnswer, request, ...inside.callArguments({}, WITHOUT_DEADLINE));
    return (await found('read', addresses, inside.GRPCStreamCreator(StreamsClient, READ_PATH, create)())) as ReadStream;
  };
  const lastChannel = rememberChannel(inside);
  return {
    client,
    openCall,
    openRead,
    close: async () => {
      const disposed = client.dispose();
      (await lastChannel())?.close();
      await disposed;
    },
  };
};

const found = <Call>(operation: string, addresses: readonly Address[], call: Promise<Call>): Promise<Call> =>
  call.catch(async (error: unknown) => {
    throw errorOfFinding(error, operation, isOfFinding(error) ? await refusals(addresses) : undefined);
  });

/**
 * The client looks at its connection after a failed call; where it could find no node, that look rejects with what the next call is told anyway.
 * Nobody awaits it, and a rejection that nobody handles ends a process.
 */
const handleRejections = (client: Inside): void => {
  const handleError = client.handleError;
  client.handleError = (grpcClient, error) => handleError(grpcClient, error).catch(() => undefined);
};

/** The channel in use, if there is one: asking the client itself would open another. */
const rememberChannel = (client: Inside): (() => Promise<Channel> | undefined) => {
  const getChannel = client.getChannel;
  let last: Promise<Channel> | undefined;
  client.getChannel = () => (last = getChannel());
  return () => last;
};

const READ_PATH = '/event_store.client.streams.Streams/Read';
/** How long a call may go without an answer is for its reader to say. */
const WITHOUT_DEADLINE = { deadline: Infinity };

const asItIs = (bytes: Buffer): Buffer => bytes;
