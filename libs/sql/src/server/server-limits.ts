// What bounds the use of a database server, from options or from the parameters of its URL.
import { flawOfParameters, takeParameter } from '@mainstem/event-store/settings';
import { InvalidSqlOptions } from '../errors.js';

/** What bounds the use of the server. Whole numbers from 1; an option goes before the URL. */
export interface ServerLimits {
  /**
   * Most connections at a time; default 10. Queries leave one to projections. One is enough, but then all work takes
   * turns.
   */
  readonly poolSizeMax: number;
  /** Longest time of one statement; default 60,000. Statements that build an index may take a day. */
  readonly statementTimeoutMs: number;
  /** Longest wait for a lock; default 10,000. */
  readonly lockTimeoutMs: number;
  /** Longest pause between two statements of a transaction; then the server ends the connection. Default 60,000. */
  readonly idleInTransactionTimeoutMs: number;
}

/** Of the time that a statement may take. */
const LOCK_SHARE_MAX = 0.8;

const LIMITS: Readonly<Record<keyof ServerLimits, { readonly parameter: string; readonly fallback: number }>> = {
  poolSizeMax: { parameter: 'pool_size', fallback: 10 },
  statementTimeoutMs: { parameter: 'statement_timeout', fallback: 60_000 },
  lockTimeoutMs: { parameter: 'lock_timeout', fallback: 10_000 },
  idleInTransactionTimeoutMs: { parameter: 'idle_in_transaction_session_timeout', fallback: 60_000 },
};
/** Of the server: timeouts are numbers of 32 bits. */
const LIMIT_MAX = 2_147_483_647;

/** The limits of a location; the URL loses their parameters. Errors: READ_STORE_INVALID_OPTIONS. */
export const takeLimits = (url: URL, given: Partial<ServerLimits>): ServerLimits => {
  const limitOf = (name: keyof ServerLimits): number => {
    const { parameter, fallback } = LIMITS[name];
    const text = takeParameter(url, parameter);
    const value = given[name] ?? (text === undefined ? fallback : Number(text));
    if (Number.isSafeInteger(value) && value >= 1 && value <= LIMIT_MAX) return value;
    throw new InvalidSqlOptions(`${name} (in the URL: ${parameter}) must be a whole number from 1, got ${given[name] ?? text}`);
  };
  const statementTimeoutMs = limitOf('statementTimeoutMs');
  return {
    poolSizeMax: limitOf('poolSizeMax'),
    statementTimeoutMs,
    // A wait for others must not pass for a statement that takes too long.
    lockTimeoutMs: Math.min(limitOf('lockTimeoutMs'), Math.ceil(statementTimeoutMs * LOCK_SHARE_MAX)),
    idleInTransactionTimeoutMs: limitOf('idleInTransactionTimeoutMs'),
  };
};

/**
 * Refuses unknown parameters, which would be ignored otherwise; `others` are those beside the limits. Errors:
 * READ_STORE_INVALID_OPTIONS.
 */
export const refuseUnknown = (url: URL, others: readonly string[]): void => {
  const flaw = flawOfParameters(url.searchParams, [...others, ...Object.values(LIMITS).map(({ parameter }) => parameter)]);
  if (flaw !== undefined) throw new InvalidSqlOptions(flaw);
};
