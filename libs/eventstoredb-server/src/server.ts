// The server: it listens, serves one folder, and reports its health.
import type { Server as HttpServer } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { Server } from '@grpc/grpc-js';
import { inTime, systemRuntime, type Runtime } from '@mainstem/event-store';
import { ServerSettingsInvalid } from './errors.js';
import { healthOfConnections, listenForHealth, type Metrics } from './health-server.js';
import { EventLog } from './log/event-log.js';
import { PersistentSubscriptions } from './persistent/persistent-subscriptions.js';
import { Access, type Credentials } from './protocol/access.js';
import { OpenCalls } from './protocol/open-calls.js';
import { readsByPages } from './protocol/outlet.js';
import { addServices } from './protocol/services.js';
import { SharedPort } from './shared-port.js';

const WRITE_BYTES_MAX = 1_048_576;
const WRITE_TIMEOUT_MS = 2_000;
/** The largest message; a larger append comes in several. */
const MESSAGE_BYTES_MAX = 16 * 1_048_576;
/** Calls on one connection, as in EventStoreDB; further calls of the client wait until others end. */
const CALLS_PER_CONNECTION_MAX = 100;
/** How long a stopping server waits for its last answers to be sent. */
const FAREWELL_MS = 100;

export interface EventStoreDbServerOptions {
  /** The folder of `events.db`, shared with the embedded event store; it is created if it does not exist. */
  readonly dir: string;
  /** Default 127.0.0.1. Any other address needs TLS and an administrator, or `allowInsecure`. */
  readonly host?: string;
  /** Default 2113; 0 means a free port. */
  readonly port?: number;
  /** The address for clients that discover the cluster. Default: `host` and the port listened on. */
  readonly advertise?: { readonly address: string; readonly port: number };
  /** Certificate and private key, PEM. Default: no TLS. */
  readonly tls?: { readonly certificate: Buffer; readonly privateKey: Buffer };
  /** Callers must give this name and password. Clients send them over TLS only. Default: every client may do all. */
  readonly administrator?: Credentials;
  /** True: listen beyond this machine without TLS or without an administrator. Default false. */
  readonly allowInsecure?: boolean;
  /**
   * The port of GET /health/live, /health/ready and /health/progress without TLS; 0 means a free one. Default: these
   * answer on `port` only, over HTTP/1.1 beside gRPC.
   */
  readonly healthPort?: number;
  /** Answers GET /metrics on `healthPort`. Default: 404. */
  readonly metrics?: Metrics;
  /** The largest write in bytes. Default 1 MiB, as in EventStoreDB up to 25.0. */
  readonly writeBytesMax?: number;
  /** The longest wait of a client for a commit. Default 2,000. */
  readonly writeTimeoutMs?: number;
  /**
   * True: serve the streams of links that standard projections keep: `$ce-<category>`, `$et-<type>`, `$streams`,
   * `$category-<category>`. Clients can read and follow them, but not write them; their index is in `links.db`. Default
   * false.
   */
  readonly links?: boolean;
  /** Receives failures that clients get without details, such as a damaged file. Default: a warning of the process. */
  readonly onFailure?: (error: unknown) => void;
  readonly runtime?: Runtime;
}

/** Serves EventStoreDB's protocol (streams, persistent subscriptions, gossip, features) as a cluster of one node. */
export class EventStoreDbServer {
  /** The connection string for a client on this machine, without credentials. */
  readonly connectionString: string;
  readonly port: number;
  readonly healthPort: number | undefined;
  readonly #log: EventLog;
  readonly #groups: PersistentSubscriptions;
  readonly #openCalls: OpenCalls;
  readonly #grpc: Server;
  readonly #shared: SharedPort;
  readonly #health: HttpServer | undefined;
  readonly #runtime: Runtime;
  #stopping: Promise<void> | undefined;

  /**
   * Opens the folder and listens. Errors: EVENT_STORE_SERVER_SETTINGS_INVALID, EVENT_STORE_SERVER_CANNOT_LISTEN, those
   * of opening an embedded event store.
   */
  static async start(options: EventStoreDbServerOptions): Promise<EventStoreDbServer> {
    const { host = '127.0.0.1', port = 2113, runtime = systemRuntime, writeBytesMax = WRITE_BYTES_MAX, writeTimeoutMs = WRITE_TIMEOUT_MS } = options;
    assertSafe(host, options);
    const log = await EventLog.open({ dir: options.dir, runtime, writeBytesMax, servesLinks: options.links ?? false });
    const grpc = new Server({
      'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': CALLS_PER_CONNECTION_MAX,
      interceptors: [readsByPages],
    });
    let shared: SharedPort | undefined;
    const endPoint = (): { address: string; port: number } => options.advertise ?? { address: dialable(host), port: shared?.port ?? port };
    const report = options.onFailure ?? warn;
    const openCalls = new OpenCalls();
    const groups = new PersistentSubscriptions({ dir: options.dir, log, runtime, report });
    addServices(grpc, {
      log,
      groups,
      openCalls,
      runtime,
      writeTimeoutMs,
      writeBytesMax,
      report,
      access: new Access(options.administrator),
      endPoint,
    });
    let health: HttpServer | undefined;
    try {
      shared = await SharedPort.listen({ host, port, tls: options.tls, grpc, http: healthOfConnections({ log, metrics: undefined, report }) });
      health =
        options.healthPort === undefined
          ? undefined
          : await listenForHealth({ host, port: options.healthPort, log, metrics: options.metrics, report });
      return new EventStoreDbServer(options, { log, groups, grpc, health, shared, openCalls });
    } catch (error) {
      await shared?.close();
      grpc.forceShutdown();
      await log.close();
      throw error;
    }
  }

  private constructor(
    { host = '127.0.0.1', tls, runtime = systemRuntime }: EventStoreDbServerOptions,
    { log, groups, grpc, health, shared, openCalls }: Parts,
  ) {
    this.#log = log;
    this.#groups = groups;
    this.#openCalls = openCalls;
    this.#grpc = grpc;
    this.#health = health;
    this.#runtime = runtime;
    this.#shared = shared;
    this.port = shared.port;
    this.healthPort = health && (health.address() as AddressInfo).port;
    this.connectionString = `esdb://${dialable(host)}:${this.port}?tls=${tls !== undefined}`;
  }

  /** Ends every call with UNAVAILABLE, commits what was sent, releases folder and ports. More calls are harmless. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const isDeserted = this.#shared.refuse();
    this.#health?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#health ? this.#health.close(() => resolve()) : resolve()));
    // Incomplete appends end first, then complete ones and the readers, each with its status; then all connections.
    this.#openCalls.stop();
    await this.#groups.close();
    await this.#log.close();
    // The callback comes before the last answers are sent: only the end of the connections shows that they were.
    this.#grpc.tryShutdown(() => undefined);
    await inTime(isDeserted, FAREWELL_MS, this.#runtime, () => undefined);
    // Only now: on a living connection it would tell calls that they were cancelled.
    await this.#shared.close();
    this.#grpc.forceShutdown();
  }
}

interface Parts {
  readonly log: EventLog;
  readonly groups: PersistentSubscriptions;
  readonly grpc: Server;
  readonly health: HttpServer | undefined;
  readonly shared: SharedPort;
  readonly openCalls: OpenCalls;
}

const assertSafe = (host: string, { tls, administrator, allowInsecure = false }: EventStoreDbServerOptions): void => {
  if (administrator && !tls) throw new ServerSettingsInvalid('An administrator needs TLS: clients never send passwords in the clear.');
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (isLoopback || allowInsecure || (tls && administrator)) return;
  throw new ServerSettingsInvalid(
    `Listening on ${host} would open the store to the network. Give a certificate and an administrator, or allow it explicitly (allowInsecure, --allow-insecure).`,
  );
};

const warn = (error: unknown): void => process.emitWarning(error instanceof Error ? error : String(error));

/** The address that a client on the same machine dials if the server listens on all addresses. */
const dialable = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);
