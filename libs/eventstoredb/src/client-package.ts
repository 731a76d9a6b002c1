// The seam to the two client packages: KurrentDB's where it is installed, EventStoreDB's otherwise. Of either only the connection is used: nodes found,
// secured, authorised, redirected. Messages are ours, so both behave alike.
import { createRequire } from 'node:module';

export type ClientPackage = 'kurrentdb' | 'eventstoredb';

/** What is used of a client's inside: the same in both (`@kurrent/kurrentdb-client` 1.3, `@eventstore/db-client` 6.2.1). */
export interface InsideOfClient {
  GRPCStreamCreator: (...parts: StreamParts) => () => Promise<unknown>;
  getChannel: () => Promise<Channel>;
  /** Called after a failed call, and awaited by nobody. */
  handleError: (grpcClient: unknown, error: unknown) => Promise<void>;
  /** Metadata and options of a call: credentials, name of the connection. */
  callArguments: (options: object, callOptions: object) => readonly [metadata: unknown, options: unknown];
  dispose: () => Promise<void>;
}
export interface Channel {
  close(): void;
}
type StreamParts = readonly [clientClass: unknown, name: string, create: (streams: never) => unknown, cache?: unknown];

interface ClientClass {
  connectionString(uri: string): InsideOfClient;
}

const require = createRequire(import.meta.url);

/**
 * A client for `esdb://…`. Dials nothing yet. Errors: those of the package, whose texts may repeat the string.
 * Without a choice KurrentDB's package is taken where it is installed for this platform.
 */
export const clientFor = (uri: string, choice?: ClientPackage): InsideOfClient => {
  const kurrent = choice === 'eventstoredb' ? undefined : kurrentClient(choice === 'kurrentdb');
  // It warns of the older scheme.
  return kurrent ? kurrent.connectionString(uri.replace(/^esdb/, 'kurrentdb')) : eventStoreClient().connectionString(uri);
};

let isKurrentMissing = false;

const kurrentClient = (isRequired: boolean): ClientClass | undefined => {
  if (isKurrentMissing && !isRequired) return undefined;
  try {
    // Not the package's entry: that loads generated code which shares its names, process-wide, with that of the other package.
    return (require('@kurrent/kurrentdb-client/dist/Client/index.js') as { readonly Client: ClientClass }).Client;
  } catch (error) {
    // Not installed, or without its native part for this platform.
    if (isRequired) throw error;
    isKurrentMissing = true;
    return undefined;
  }
};

const eventStoreClient = (): ClientClass => (require('@eventstore/db-client') as { readonly EventStoreDBClient: ClientClass }).EventStoreDBClient;
