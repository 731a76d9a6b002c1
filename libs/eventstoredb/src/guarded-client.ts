// The client, with two things mended that would take a process down or keep it from ending.
import { EventStoreDBClient } from '@eventstore/db-client';
import { ConnectionSettingsInvalid } from './errors.js';

/** What is used of the client's inside (version 6.2.1, pinned). */
interface Inside {
  GRPCStreamCreator: (...parts: StreamParts) => () => Promise<unknown>;
  getChannel: () => Promise<Channel>;
}
interface Channel {
  close(): void;
}
type StreamParts = readonly [client: unknown, name: string, create: (client: unknown) => unknown, cache?: unknown];

interface Listening {
  listeners(event: 'data'): readonly ((message: unknown) => void)[];
  removeListener(event: 'data', listener: (message: unknown) => void): unknown;
  on(event: 'data', listener: (message: unknown) => void): unknown;
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
  guardAppends(inside);
  const lastChannel = rememberChannel(inside);
  return {
    client,
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

/** A client and its connections. */
export interface GuardedClient {
  readonly client: EventStoreDBClient;
  /** Ends every call and closes the connection: the client's own `dispose` leaves it open. */
  close(): Promise<void>;
}

/**
 * The client keeps the appends of all its instances in one table, and an error on one connection empties it. An answer that still comes
 * on another connection then finds no append, and the client throws in its listener: the process would end. Those answers are dropped here;
 * their appends were told of the error and are resolved by reading back.
 */
const guardAppends = (client: Inside): void => {
  const createStream = client.GRPCStreamCreator;
  client.GRPCStreamCreator = (grpcClient, name, create, cache) =>
    createStream(grpcClient, name, name === 'appendToStream' && cache ? (of) => guarded(create(of) as Listening) : create, cache);
};

const guarded = (stream: Listening): Listening => {
  for (const listener of stream.listeners('data')) {
    stream.removeListener('data', listener);
    stream.on('data', (message) => {
      try {
        listener(message);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    });
  }
  return stream;
};
