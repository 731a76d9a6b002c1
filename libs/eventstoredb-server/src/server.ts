// The server: listens, serves one folder, tells whether it lives.
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
/** Of one message; a larger append comes in several. */
const MESSAGE_BYTES_MAX = 16 * 1_048_576;
/** Calls on one connection, as EventStoreDB allows them; a client's next ones wait until others end. */
const CALLS_PER_CONNECTION_MAX = 100;
/** What stopping gives the last answers to get out. */
const FAREWELL_MS = 100;

export interface EventStoreDbServerOptions {
  /** The folder that holds `events.db`, shared with the embedded event store; created when it does not exist. */
  readonly dir: string;
  /** Default 127.0.0.1. Any other address needs TLS and an administrator, or `allowInsecure`. */
  readonly host?: string;
  /** Default 2113; 0 takes a free one. */
  readonly port?: number;
  /** What clients that discover the cluster are told to dial. Default: `host` and the port listened on. */
  readonly advertise?: { readonly address: string; readonly port: number };
  /** Certificate and private key, PEM. Default: no TLS. */
  readonly tls?: { readonly certificate: Buffer; readonly privateKey: Buffer };
  /** Callers have to show this user's name and password. Clients send them over TLS only. Default: everyone may do everything. */
  readonly administrator?: Credentials;
  /** Listen beyond this machine without TLS or without an administrator. Default false. */
  readonly allowInsecure?: boolean;
  /**
   * Where GET /health/live, /health/ready and /health/progress answer without TLS as well; 0 takes a free one. Default: on `port` alone, over
   * HTTP/1.1 beside gRPC.
   */
  readonly healthPort?: number;
  /** Answers GET /metrics on `healthPort`. Default: 404. */
  readonly metrics?: Metrics;
  /** Largest write in bytes. Default 1 MiB, as EventStoreDB up to 25.0. */
  readonly writeBytesMax?: number;
  /** How long a client waits for a commit at most. Default 2,000. */
  readonly writeTimeoutMs?: number;
  /**
   * Serves the streams of links that standard projections keep: `$ce-<category>`, `$et-<type>`, `$streams`, `$category-<category>`. They can be read
   * and followed, and not be written; an index of them lies in `links.db`. Default false.
   */
  readonly links?: boolean;
  /** Takes failures that clients are told without details: a damaged file, a failed device. Default: a warning of the process. */
  readonly onFailure?: (error: unknown) => void;
  readonly runtime?: Runtime;
}

/** Serves EventStoreDB's protocol (streams, persistent subscriptions, gossip, server features) to clients of any language. One node, always the leader. */
export class EventStoreDbServer {
  /** For a client on this machine, without credentials. */
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
   * Opens the folder and listens.
   * Errors: EVENT_STORE_SERVER_SETTINGS_INVALID, EVENT_STORE_SERVER_CANNOT_LISTEN, and those of opening an embedded event store.
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

  /** Ends every call with UNAVAILABLE, commits what was sent, releases folder and ports. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const isDeserted = this.#shared.refuse();
    this.#health?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#health ? this.#health.close(() => resolve()) : resolve()));
    // Appends that are not complete end first, then those that are and the readers, and say so; then the connections go, those that clients keep open as well.
    this.#openCalls.stop();
    await this.#groups.close();
    await this.#log.close();
    // It calls back before what was answered has gone out: the end of the connections tells that.
    this.#grpc.tryShutdown(() => undefined);
    await inTime(isDeserted, FAREWELL_MS, this.#runtime, () => undefined);
    // In this order: to calls on a living connection it would say that they were cancelled.
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

/** What a client on the same machine dials for an address that means "all". */
const dialable = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);
