// Connections to the server: some that read, and one that appends. A connection that breaks never ends the process.
import { EventStoreClosed, OperationAborted, throwIfAborted, type Runtime } from '@mainstem/event-store';
import type { Client, Pool, PoolClient, PoolConfig, QueryArrayConfig } from 'pg';
import { PostgresClientUnusable } from '../errors.js';
import { persist } from './persist.js';
import { PoolCut } from './pool-cut.js';
import type { PostgresTarget } from './target.js';
import { isTransient, reasonOf, translateError } from './translate-error.js';

/** Longest wait for a connection, and for an answer. Longer than an append may wait for its lock. */
const CONNECT_TIMEOUT_MS = 5_000;
const READ_TIMEOUT_MS = 30_000;
const WRITE_TIMEOUT_MS = 10_000;
const IDLE_MS = 60_000;

/** Values of columns as the server writes them; NULL as null. */
export type Row = readonly (string | null)[];

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** How many columns its rows have. Only transactions of callers ask. */
  readonly columns?: number;
}

/** What runs statements: a session of a transaction, or all of them. */
export type Run = (statement: Statement) => Promise<readonly Row[]>;

/** Where reads run, with the schema of the log. */
export interface Reads {
  readonly schema: string;
  read(operation: string, statement: Statement, signal?: AbortSignal): Promise<readonly Row[]>;
}

type Driver = typeof import('pg');

export interface SessionsOptions {
  readonly target: PostgresTarget;
  readonly runtime: Runtime;
  /** How long a call is repeated while the server cannot be reached. */
  readonly patienceMs: number;
}

export class Sessions implements Reads {
  readonly schema: string;
  readonly #reading: Pool;
  readonly #writing: Pool;
  readonly #readingCut: PoolCut;
  readonly #writingCut: PoolCut;
  readonly #closing = new AbortController();
  #away: { readonly reason: string; readonly sinceMs: number } | undefined;

  private constructor(
    private readonly driver: Driver,
    readonly options: SessionsOptions,
  ) {
    this.schema = options.target.schema;
    this.#reading = this.#pool(options.target.poolSizeMax, READ_TIMEOUT_MS);
    this.#writing = this.#pool(1, WRITE_TIMEOUT_MS + options.target.lockTimeoutMs);
    this.#readingCut = new PoolCut(this.#reading);
    this.#writingCut = new PoolCut(this.#writing);
  }

  /** Nothing is dialled yet. Errors: EVENT_STORE_CLIENT_UNUSABLE. */
  static async prepare(options: SessionsOptions): Promise<Sessions> {
    try {
      // Loaded when it is needed: an application with another event store need not install it.
      return new Sessions((await import('pg')).default as unknown as Driver, options);
    } catch (error) {
      throw new PostgresClientUnusable(error);
    }
  }

  /**
   * Runs one statement that changes nothing, again while the server cannot be reached; for a subscription without an
   * end. The signal ends the wait. Errors: EVENT_STORE_ABORTED, EVENT_STORE_CLOSED, EVENT_STORE_UNAVAILABLE and others
   * of the server.
   */
  async read(operation: string, statement: Statement, signal?: AbortSignal): Promise<readonly Row[]> {
    throwIfAborted(signal, operation);
    const { runtime } = this.options;
    const patienceMs = operation === 'subscribe' ? Infinity : this.options.patienceMs;
    const ending = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    const repeated = persist({ runtime, patienceMs, signal: ending }, () => this.readOnce(statement));
    try {
      return await unlessEnded(repeated, ending);
    } catch (error) {
      if (this.#closing.signal.aborted) throw new EventStoreClosed();
      if (signal?.aborted) throw new OperationAborted(operation, signal.reason);
      throw this.translated(error, operation);
    }
  }

  /** Runs one statement on a connection that reads, once. */
  async readOnce(statement: Statement): Promise<readonly Row[]> {
    try {
      const rows = await run(this.#reading, statement);
      this.#away = undefined;
      return rows;
    } catch (error) {
      if (isTransient(error)) this.#away ??= { reason: reasonOf(error), sinceMs: this.options.runtime.monotonic() };
      throw error;
    }
  }

  /** Why no read has succeeded for this long; undefined while they do. */
  away(): { readonly reason: string; readonly forMs: number } | undefined {
    return this.#away && { reason: this.#away.reason, forMs: this.options.runtime.monotonic() - this.#away.sinceMs };
  }

  /** Runs one statement on the connection that appends, once: the caller knows whether it may be repeated. */
  write(statement: Statement): Promise<readonly Row[]> {
    return run(this.#writing, statement);
  }

  /**
   * Runs the work in one transaction of the connection that appends. If it fails, or does not commit, nothing was
   * written unless the answer to COMMIT was lost.
   */
  async transaction<Result>(begin: string, work: (run: Run) => Promise<Result>): Promise<Result> {
    const client = await this.#writing.connect();
    let failure: Error | undefined;
    try {
      await client.query(begin);
      const result = await work((statement) => run(client, statement));
      const { command } = await client.query('COMMIT');
      if (command !== 'COMMIT') throw new Error(`COMMIT was answered with ${command}`);
      return result;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      // A failed one ends with its connection: the server rolls back whatever is left of it.
      client.release(failure);
    }
  }

  /** A connection of its own, not connected yet. The caller hears its errors and ends it. */
  client(): Client {
    return new this.driver.Client(this.#config(READ_TIMEOUT_MS));
  }

  /** A connection that reads, for a moment. The caller releases it. */
  lease(): Promise<PoolClient> {
    return this.#reading.connect();
  }

  translated(error: unknown, operation: string): Error {
    return translateError(error, { operation, schema: this.options.target.schema });
  }

  /** Waits no longer for the answer to an append: it fails, and may have taken effect. Later ones fail, too. */
  cutWriting(): void {
    this.#writingCut.cut();
  }

  /** Ends waits for answers with EVENT_STORE_CLOSED. Appends must have ended before. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#readingCut.cut();
    await Promise.all([this.#reading.end(), this.#writing.end()]);
  }

  #pool(max: number, answerMs: number): Pool {
    const pool = new this.driver.Pool({ ...this.#config(answerMs), max, idleTimeoutMillis: IDLE_MS });
    // An idle connection that breaks leaves the pool; the next call makes a new one and reports what it finds.
    pool.on('error', () => undefined);
    // While a connection is in use the pool does not listen: the statement that meets the failure reports it.
    pool.on('connect', (client) => void client.on('error', () => undefined));
    return pool;
  }

  #config(answerMs: number): PoolConfig {
    return {
      connectionString: this.options.target.connectionString,
      fallback_application_name: 'mainstem',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: answerMs,
    };
  }
}

/** The application may have changed the driver's global parsers: values come as text. */
const RAW = { getTypeParser: () => (text: string) => text };

const run = async (on: Pool | PoolClient, { text, values }: Statement): Promise<readonly Row[]> => {
  const query: QueryArrayConfig = { text, values: [...values], rowMode: 'array', types: RAW as never };
  return (await on.query<(string | null)[]>(query)).rows;
};

/** The work's outcome, or an error as soon as the signal fires; the work goes on. */
const unlessEnded = <Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new Error('ended'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
