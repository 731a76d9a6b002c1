// The client, with our own encoding for messages of its hot paths, and a way to close it that lets the process end.
import { clientPackage, type Channel, type ClientPackage, type InsideOfClient } from './client-package.js';
import { ConnectionSettingsInvalid } from './errors.js';
import { addressesOf, type Address } from './connection-settings.js';
import { refusals } from './refusals.js';
import { errorOfFinding, isOfFinding } from './translate-error.js';
import { decodeReadAnswer, type ReadMark } from './wire/read-answer.js';
import type { WireEvent } from './wire/wire-event.js';

/** gRPC's own client, on the connection that the package's client found. */
interface Streams {
  makeServerStreamRequest(path: string, encode: (bytes: Buffer) => Buffer, decode: (bytes: Buffer) => unknown, ...rest: readonly unknown[]): unknown;
  makeBidiStreamRequest(path: string, encode: (bytes: Buffer) => Buffer, decode: (bytes: Buffer) => unknown, ...rest: readonly unknown[]): unknown;
}

/** A call in both directions, as far as this library uses it. */
export interface DuplexCall<Answer> {
  /** False: wait for `drain` before the next one. */
  write(message: Buffer): boolean;
  /** Says that nothing more will be written. */
  end(): unknown;
  on(event: 'data', listener: (answer: Answer) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  once(event: 'drain', listener: () => void): unknown;
  cancel(): void;
}

/** Opens a call in both directions on the client's connection, with the client's own security and credentials. */
export type OpenCall = <Answer>(path: string, decode: (bytes: Buffer) => Answer) => Promise<DuplexCall<Answer>>;

/** The server's answer to a read, as far as this library uses it. */
export interface ReadStream {
  on(event: 'data', listener: (answer: WireEvent | ReadMark) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  /** Holds the server back. */
  pause(): unknown;
  resume(): unknown;
  cancel(): void;
}

/** Opens a read on the client's connection, in the same way. `request` holds the encoded request. */
export type OpenRead = (request: Buffer) => Promise<ReadStream>;

export interface GuardedClient {
  readonly client: object;
  readonly openCall: OpenCall;
  readonly openRead: OpenRead;
  /** Ends every call and closes the connection, which the client's own `dispose` leaves open. */
  close(): Promise<void>;
}

/** Does not connect yet. Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID, EVENT_STORE_CLIENT_UNUSABLE. */
export const createClient = (uri: string, choice?: ClientPackage): GuardedClient => {
  const { clientFor, streamsClass } = clientPackage(choice);
  let client: InsideOfClient;
  try {
    client = clientFor(uri);
  } catch (error) {
    // The client's text may repeat the string with the password, so only its first words are looked at.
    throw new ConnectionSettingsInvalid(
      error instanceof Error && /certificate/i.test(error.message) ? 'a certificate file is missing' : 'its form is wrong',
    );
  }
  handleRejections(client);
  const addresses = addressesOf(uri);
  const openCall: OpenCall = async (path, decode) => {
    const create = (streams: Streams): unknown => streams.makeBidiStreamRequest(path, asItIs, decode, ...client.callArguments({}, WITHOUT_DEADLINE));
    return (await found('append', addresses, client.GRPCStreamCreator(streamsClass, path, create)())) as DuplexCall<ReturnType<typeof decode>>;
  };
  const openRead: OpenRead = async (request) => {
    const create = (streams: Streams): unknown =>
      streams.makeServerStreamRequest(READ_PATH, asItIs, decodeReadAnswer, request, ...client.callArguments({}, WITHOUT_DEADLINE));
    return (await found('read', addresses, client.GRPCStreamCreator(streamsClass, READ_PATH, create)())) as ReadStream;
  };
  const lastChannel = rememberChannel(client);
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
 * The client checks its connection after a failed call. If it found no node, this check rejects with the same error as
 * the next call. Nothing awaits the check, and an unhandled rejection would end the process.
 */
const handleRejections = (client: InsideOfClient): void => {
  const handleError = client.handleError;
  client.handleError = (grpcClient, error) => handleError(grpcClient, error).catch(() => undefined);
};

/** The channel in use, if there is one; asking the client itself would open another. */
const rememberChannel = (client: InsideOfClient): (() => Promise<Channel> | undefined) => {
  const getChannel = client.getChannel;
  let last: Promise<Channel> | undefined;
  client.getChannel = () => (last = getChannel());
  return () => last;
};

const READ_PATH = '/event_store.client.streams.Streams/Read';
/** The reader of a call decides how long it may go without an answer. */
const WITHOUT_DEADLINE = { deadline: Infinity };

const asItIs = (bytes: Buffer): Buffer => bytes;
