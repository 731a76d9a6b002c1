// The seam to the two client packages: KurrentDB's where it is installed, EventStoreDB's otherwise. Of either only the connection is used: nodes found,
// secured, authorised, redirected. Messages are ours, so both behave alike.
import { createRequire } from 'node:module';
import { ClientUnusable } from './errors.js';

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

/** A client package that is loaded. */
export interface LoadedPackage {
  /** For `esdb://…`. Dials nothing yet. Errors: those of the package, whose texts may repeat the string. */
  clientFor(uri: string): InsideOfClient;
  /** gRPC's own client, of the copy that the package uses: another copy takes the package's metadata for options, and sends no credentials. */
  readonly streamsClass: unknown;
}

const require = createRequire(import.meta.url);

const KURRENTDB = '@kurrent/kurrentdb-client';
const EVENTSTOREDB = '@eventstore/db-client';

/** Without a choice KurrentDB's package is taken where it can be used on this platform. Errors: EVENT_STORE_CLIENT_UNUSABLE. */
export const clientPackage = (choice?: ClientPackage): LoadedPackage => {
  if (choice === 'kurrentdb') return kurrentPackage();
  if (choice === undefined && !isKurrentUnusable) {
    try {
      return kurrentPackage();
    } catch {
      // Not installed, without its native part for this platform, or of another make.
      isKurrentUnusable = true;
    }
  }
  return load(EVENTSTOREDB, '', 'EventStoreDBClient');
};

let isKurrentUnusable = false;

const kurrentPackage = (): LoadedPackage => {
  // Not the package's entry: that loads generated code which shares its names, process-wide, with that of the other package.
  const { streamsClass, clientFor } = load(KURRENTDB, '/dist/Client/index.js', 'Client');
  // It warns of the older scheme.
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
