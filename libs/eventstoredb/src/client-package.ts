// The seam to the two client packages: KurrentDB's if it is installed, else EventStoreDB's. Only their connection is
// used: it finds nodes, secures, authorises and redirects. The messages are ours, so both packages behave alike.
import { createRequire } from 'node:module';
import { ClientUnusable } from './errors.js';

export type ClientPackage = 'kurrentdb' | 'eventstoredb';

/**
 * The internals of a client that are used; the same in `@kurrent/kurrentdb-client` 1.3, `@eventstore/db-client` 6.2.1.
 */
export interface InsideOfClient {
  GRPCStreamCreator: (...parts: StreamParts) => () => Promise<unknown>;
  getChannel: () => Promise<Channel>;
  /** The client calls this after a failed call, and does not await it. */
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

export interface LoadedPackage {
  /** Makes a client for `esdb://…` without connecting. Errors: the package's, whose texts may repeat the string. */
  clientFor(uri: string): InsideOfClient;
  /** gRPC's client, from the package's copy: another copy takes its metadata for options and sends no credentials. */
  readonly streamsClass: unknown;
}

const require = createRequire(import.meta.url);

const KURRENTDB = '@kurrent/kurrentdb-client';
const EVENTSTOREDB = '@eventstore/db-client';

/** Without a choice, loads KurrentDB's package if it works on this platform. Errors: EVENT_STORE_CLIENT_UNUSABLE. */
export const clientPackage = (choice?: ClientPackage): LoadedPackage => {
  if (choice === 'kurrentdb') return kurrentPackage();
  if (choice === undefined && !isKurrentUnusable) {
    try {
      return kurrentPackage();
    } catch {
      // The package is not installed, lacks its native part for this platform, or is of another make.
      isKurrentUnusable = true;
    }
  }
  return load(EVENTSTOREDB, '', 'EventStoreDBClient');
};

let isKurrentUnusable = false;

const kurrentPackage = (): LoadedPackage => {
  // Not the package's entry: it loads generated code whose process-wide names collide with the other package's.
  const { streamsClass, clientFor } = load(KURRENTDB, '/dist/Client/index.js', 'Client');
  // It warns that the scheme is the older one.
  return { streamsClass, clientFor: (uri) => clientFor(uri.replace(/^esdb/, 'kurrentdb')) };
};

const load = (name: string, file: string, className: string): LoadedPackage => {
  try {
    const client = (require(name + file) as Readonly<Record<string, ClientClass | undefined>>)[className];
    if (typeof client?.connectionString !== 'function') throw new Error(`it has no class ${className}`);
    const { Client: streamsClass } = createRequire(require.resolve(name + file))('@grpc/grpc-js') as { readonly Client: unknown };
    return { streamsClass, clientFor: (uri) => client.connectionString(uri) };
  } catch (error) {
    throw new ClientUnusable(name, error);
  }
};
