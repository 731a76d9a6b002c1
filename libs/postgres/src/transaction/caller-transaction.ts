// A transaction that the caller has begun and will end: statements run in it, in this one or not at all.
import { EventStoreRestored, OperationAborted, type Incarnation } from '@mainstem/event-store';
import { LogBusy, LogReplaced, TransactionConflict, TransactionUnusable, type LockHolder } from '../errors.js';
import { LOG_STATES, nameIn } from '../server/schema.js';
import type { Row, Statement } from '../server/sessions.js';
import { reasonOf, sqlStateOf, translateError } from '../server/translate-error.js';

/**
 * One connection to PostgreSQL with a transaction that the caller has begun: TypeORM's `EntityManager` or `QueryRunner`
 * of a transaction, or a client of `pg`. Never a pool: it would run each statement elsewhere.
 */
export interface CallerTransaction {
  /** Runs one statement on this connection. Answers with rows as objects, or with an object that has them as `rows`. */
  query(text: string, values?: unknown[]): Promise<unknown>;
}

export interface TransactionPlace {
  readonly schema: string;
  readonly incarnation: Incarnation;
  readonly lockTimeoutMs: number;
  /** Who keeps others from appending, asked on another connection. */
  readonly lockHolders: () => Promise<readonly LockHolder[]>;
}

/** Ends of transactions that the same work may survive when it is done anew: serialization failures, and deadlocks. */
const CONFLICTS = ['40001', '40P01'];
const LOCK_TIMEOUT = '55P03';
const NO_TRANSACTION = '25P01';
const FAILED_TRANSACTION = '25P02';
/** Neither schema, table nor function of the log. */
const NOT_THERE = ['3F000', '42P01', '42883'];
/** What TypeORM throws where its connection was given back. */
const RELEASED = /^QueryRunner(?:Provider)?AlreadyReleasedError$/;

/** What runs at the moment on each connection: calls that meet there follow one another. */
const running = new WeakMap<CallerTransaction, Promise<unknown>>();

export class CallerSession {
  readonly #transaction: CallerTransaction;
  readonly #place: TransactionPlace;
  /** The server's number of the transaction, from the first call on. */
  #number: string | undefined;

  /** Nothing runs yet. Errors: EVENT_STORE_TRANSACTION_UNUSABLE for anything without `query`. */
  constructor(transaction: CallerTransaction, place: TransactionPlace) {
    if (typeof (transaction as Partial<CallerTransaction> | undefined)?.query !== 'function')
      throw new TransactionUnusable('it has no function query: give an EntityManager or QueryRunner of TypeORM, or a client of pg');
    this.#transaction = transaction;
    this.#place = place;
  }

  /** Runs work after all that was begun on this connection before. A failure is that of the work alone. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = running.get(this.#transaction);
    const result = before ? before.then(work, work) : work();
    running.set(this.#transaction, result);
    // Its caller hears of a failure; whatever comes next only waits for it.
    result.catch(() => undefined);
    return result;
  }

  /** Runs one statement of a read; the signal ends it before it begins. Errors: those of `run`, EVENT_STORE_ABORTED. */
  read(operation: string, statement: Statement, signal?: AbortSignal): Promise<readonly Row[]> {
    return this.inTurn(() => {
      if (signal?.aborted) throw new OperationAborted(operation, signal.reason);
      return this.run(operation, statement);
    });
  }

  /**
   * Runs one statement in the transaction, whose first call decides which one that is: after its end nothing runs, not
   * even in the next one of the same connection. The server itself compares, in the same statement. Errors:
   * EVENT_STORE_TRANSACTION_UNUSABLE, EVENT_STORE_TRANSACTION_CONFLICT, EVENT_STORE_BUSY, and others of the server.
   */
  async run(operation: string, { columns = 0, ...statement }: Statement): Promise<readonly Row[]> {
    try {
      this.#number ??= await this.#begun();
      const { text, values } = bound({ ...statement, columns }, this.#number);
      const rows = await this.#query(text, values);
      if (rows.length === 0) throw new TransactionUnusable('it has ended: append before it ends, and await each call');
      return rows.filter(({ is_row }) => is_row !== null).map((row) => cellsOf(row, columns));
    } catch (error) {
      throw await this.#translated(error, operation);
    }
  }

  /** Checks that a transaction is open, and that it leads to this log. */
  async #begun(): Promise<string> {
    // Outside of a transaction the server refuses a savepoint, and has changed nothing.
    await this.#transaction.query('SAVEPOINT mainstem_look');
    await this.#transaction.query('RELEASE SAVEPOINT mainstem_look');
    const [row] = await this.#query(`SELECT pg_current_xact_id()::text AS number, incarnation FROM ${nameIn(this.#place.schema, 'log')}`, []);
    if (row?.['incarnation'] !== this.#place.incarnation) throw new LogReplaced(this.#place.schema);
    return String(row['number']);
  }

  async #query(text: string, values: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const answer = await this.#transaction.query(text, [...values]);
    const rows: unknown = Array.isArray(answer) ? answer : (answer as { readonly rows?: unknown } | undefined)?.rows;
    if (Array.isArray(rows)) return rows as readonly Readonly<Record<string, unknown>>[];
    throw new TransactionUnusable('its query answers neither with rows nor with an object that has rows');
  }

  async #translated(error: unknown, operation: string): Promise<Error> {
    const { schema, lockTimeoutMs } = this.#place;
    const state = sqlStateOf(error) ?? '';
    if (CONFLICTS.includes(state)) return new TransactionConflict(operation, reasonOf(error), error);
    if (state === LOCK_TIMEOUT) return new LogBusy(lockTimeoutMs, await this.#place.lockHolders(), error);
    if (state === LOG_STATES.restored) return new EventStoreRestored(operation, 0n);
    if (state === NO_TRANSACTION) return new TransactionUnusable('none is open: begin one, and give its own manager or client, not a pool', error);
    if (state === FAILED_TRANSACTION) return new TransactionUnusable('an earlier statement has failed: roll it back', error);
    if (NOT_THERE.includes(state) && this.#number === undefined)
      return new TransactionUnusable(`its connection leads to a database that has no event store in schema ${schema}`, error);
    if (error instanceof Error && RELEASED.test(error.name)) return new TransactionUnusable('it has ended, and its connection was given back', error);
    return translateError(error, { operation, schema });
  }
}

/**
 * The statement, run only if its transaction is the one with this number; without a row it was not run. The names of
 * columns are ours and the values texts: applications change what drivers make of numbers. The time that the caller
 * waits for locks stays as it was.
 */
const bound = ({ text, values, columns }: Required<Statement>, number: string): Statement => {
  const names = namesOf(columns);
  return {
    text: `WITH here AS MATERIALIZED (
  SELECT current_setting('lock_timeout') AS lock_timeout WHERE pg_current_xact_id()::text = $${values.length + 1}::text
)
SELECT ${names.map((name) => `r.${name}::text AS ${name}`).join(', ')}, r.is_row::text AS is_row, set_config('lock_timeout', h.lock_timeout, true)
FROM here AS h LEFT JOIN LATERAL (
  SELECT t.*, true AS is_row FROM (${text}) AS t(${names.join(', ')}) WHERE h.lock_timeout IS NOT NULL OFFSET 0
) AS r ON true`,
    values: [...values, number],
  };
};

const namesOf = (columns: number): readonly string[] => Array.from({ length: columns }, (_, index) => `c${index}`);

const cellsOf = (row: Readonly<Record<string, unknown>>, columns: number): Row => namesOf(columns).map((name) => row[name] as string | null);
