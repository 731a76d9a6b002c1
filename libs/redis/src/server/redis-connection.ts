// A connection to a server, a cluster or the primary that sentinels name, and the scripts that run there.
import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { Cluster, Command, Redis } from 'ioredis';
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { InvalidRedisOptions } from '../errors.js';
import { restoreFastStrings } from './fast-strings.js';
import { translateRedisError } from './redis-errors.js';
import type { RedisTarget } from './redis-target.js';
import { tlsOptionsOf } from './redis-tls.js';

restoreFastStrings();

const CONNECT_TIMEOUT_MS = 5_000;
/** The time limit for any command, also for a large batch; a slower server counts as lost. */
const COMMAND_TIMEOUT_MS = 15_000;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 1_000;
const START_TIMEOUT_MS = 10_000;
const SCAN_COUNT = 1_000;

export type RedisClient = Redis | Cluster;
type Argument = string | number;

/** A script with the hash by which the server knows it. */
export interface Script {
  readonly text: string;
  readonly hash: string;
}

export const scriptOf = (text: string): Script => ({ text, hash: createHash('sha1').update(text).digest('hex') });

export class RedisConnection {
  #isClosed = false;
  /** Why there is no connection at the moment; the driver reports it only by an event. */
  #lost: unknown;

  constructor(
    readonly client: RedisClient,
    /** For messages. */
    readonly store: string,
  ) {
    client.on('error', (error) => (this.#lost = error));
    client.on('ready', () => (this.#lost = undefined));
  }

  /** Runs a command. Errors of all methods: READ_STORE_UNAVAILABLE, …_READ_ONLY, …_PERMISSION_DENIED. */
  async call(name: string, args: readonly Argument[]): Promise<unknown> {
    return this.#translated(() => this.#send(this.client, name, args));
  }

  /** Runs a script by its hash. A server that does not know it, such as a restarted one, gets the full text. */
  async run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#translated(async () => {
      const given = [keys.length, ...keys, ...args];
      try {
        return await this.#send(this.client, 'evalsha', [script.hash, ...given]);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return this.#send(this.client, 'eval', [script.text, ...given]);
      }
    });
  }

  /** What every primary reports about itself. */
  async info(section: string): Promise<readonly string[]> {
    return this.#translated(async () => Promise.all(this.#primaries().map((node) => this.#send(node, 'info', [section]) as Promise<string>)));
  }

  /** Keys that match a pattern, in pages. */
  async *keys(pattern: string): AsyncGenerator<readonly string[]> {
    for (const node of this.#primaries()) {
      let cursor = '0';
      do {
        const [next, keys] = (await this.#translated(() => this.#send(node, 'scan', [cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT]))) as [
          string,
          string[],
        ];
        if (keys.length > 0) yield keys;
        cursor = next;
      } while (cursor !== '0');
    }
  }

  /** More calls are harmless. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.client.disconnect();
  }

  #primaries(): readonly Redis[] {
    return this.client instanceof Cluster ? this.client.nodes('master') : [this.client];
  }

  #send(node: RedisClient, name: string, args: readonly Argument[]): Promise<unknown> {
    // In capitals, the driver returns replies unchanged; otherwise it makes an object of a hash and loses `__proto__`.
    const command = new Command(name.toUpperCase(), args as (string | number)[], { replyEncoding: 'utf8' });
    void node.sendCommand(command);
    return command.promise as Promise<unknown>;
  }

  async #translated<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new ReadStoreUnavailable(this.store, 'the store is closed. Open it again to go on.');
    try {
      return await work();
    } catch (error) {
      throw translateRedisError(isConnectionLost(error) ? (this.#lost ?? CONNECTION_LOST) : error, this.store);
    }
  }
}

/** Connects; reconnects by itself. Errors: READ_STORE_INVALID_OPTIONS, READ_STORE_CERTIFICATE_REFUSED, of `call`. */
export const connect = async (target: RedisTarget, store: string): Promise<RedisConnection> => {
  const tls = await tlsOptionsOf(target);
  const client = target.mode === 'cluster' ? clusterOf(target, tls) : serverOf(target, tls);
  // The next command reports the error; without a listener the driver prints it on the console.
  let last: unknown;
  client.on('error', (error) => (last = error));
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(last instanceof Error ? last : new Error('no server answers')), START_TIMEOUT_MS);
    });
    await Promise.race([client.connect().then(() => assertDatabase(client, target)), late]);
    return new RedisConnection(client, store);
  } catch (error) {
    client.disconnect();
    throw translateRedisError(isConnectionClosed(error) && last !== undefined ? last : error, store);
  } finally {
    clearTimeout(timer);
  }
};

/** The driver also selects the database, but stays in database 0 if the server refuses. */
const assertDatabase = async (client: RedisClient, { database }: RedisTarget): Promise<void> => {
  if (client instanceof Cluster || database === 0) return;
  try {
    await client.select(database);
  } catch (error) {
    if (!(error instanceof Error && /out of range/i.test(error.message))) throw error;
    throw new InvalidRedisOptions(`the server has no database ${database}; its configuration says how many there are (databases)`);
  }
};

/** The driver's text when a command has no connection or loses it. */
const isConnectionLost = (error: unknown): boolean => error instanceof Error && error.name === 'MaxRetriesPerRequestError';
const CONNECTION_LOST = new Error('the connection was lost and is being made again');

// The driver rejects with this text, and gives the reason in an event.
const isConnectionClosed = (error: unknown): boolean => error instanceof Error && /^Connection is closed|^None of startup nodes/.test(error.message);

const connectionOf = ({ username, password }: RedisTarget, tls: ConnectionOptions | undefined) => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(tls && { tls }),
  protocol: 2 as const,
  connectionName: 'mainstem',
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  // A server that hangs keeps its connection: without this the client would stay with it after a fail-over.
  socketTimeout: COMMAND_TIMEOUT_MS,
  // The caller hears of an outage after one attempt; the engine waits and retries. A lost command is never sent again.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // The old primary may be a replica after a fail-over.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
});

const retryDelayMs = (attempt: number): number => Math.min(RECONNECT_MIN_MS * 2 ** Math.min(attempt - 1, 10), RECONNECT_MAX_MS);

const serverOf = (target: RedisTarget, tls: ConnectionOptions | undefined): Redis => {
  const [first] = target.addresses;
  if (!first) throw new TypeError('a target without an address');
  const where =
    target.mode === 'sentinel'
      ? {
          sentinels: target.addresses.map(({ host, port }) => ({ host, port })),
          name: target.masterName,
          ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
          sentinelRetryStrategy: retryDelayMs,
        }
      : { host: first.host, port: first.port };
  return new Redis({ ...connectionOf(target, tls), ...where, db: target.database, lazyConnect: true, retryStrategy: retryDelayMs });
};

const clusterOf = (target: RedisTarget, tls: ConnectionOptions | undefined): Cluster => {
  const options = {
    lazyConnect: true,
    redisOptions: connectionOf(target, tls),
    clusterRetryStrategy: retryDelayMs,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
  };
  return new Cluster(
    target.addresses.map(({ host, port }) => ({ host, port })),
    options,
  );
};
