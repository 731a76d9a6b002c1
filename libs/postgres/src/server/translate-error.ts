// Translates errors of PostgreSQL and of the way to it. No message holds the URL or a password.
import { MainstemError } from '@mainstem/event-store';
import { LogDamaged, LogReplaced, PostgresAccessDenied, PostgresDiskFull, PostgresFailed, PostgresReadOnly, PostgresUnavailable } from '../errors.js';
import { LOG_STATES } from './schema.js';

export interface ErrorPlace {
  readonly operation: string;
  readonly schema: string;
}

/** The error as the store's callers see it; ours stay as they are. */
export const translateError = (error: unknown, { operation, schema }: ErrorPlace): MainstemError => {
  if (error instanceof MainstemError) return error;
  const reason = reasonOf(error);
  const state = sqlStateOf(error);
  if (state === undefined)
    return isTransient(error) ? new PostgresUnavailable(operation, reason, error) : new PostgresFailed(operation, reason, error);
  switch (state) {
    case LOG_STATES.replaced:
      return new LogReplaced(schema, error);
    case LOG_STATES.damaged:
      return new LogDamaged(schema, reason, error);
    case '42P01':
    case '42883':
    case '3F000':
      return new LogDamaged(schema, `a part of it is missing: ${reason}`, error);
    case '25006':
      return new PostgresReadOnly(operation, reason, error);
    case '53100':
      return new PostgresDiskFull(operation, reason, error);
  }
  if (isTransient(error)) return new PostgresUnavailable(operation, reason, error);
  if (state === '42501' || state === '3D000' || state.startsWith('28')) return new PostgresAccessDenied(operation, reason, error);
  return new PostgresFailed(operation, reason, error);
};

/**
 * Connections that end, servers that start or stop, too many sessions, and transactions that the server ended for the
 * sake of others: the same call may succeed a moment later. The server also ends a transaction whose process stood
 * still.
 */
const TRANSIENT = /^(?:08|25P0[34]|40|57P0|53300|53400|55P02)/;

/** True if the same call may succeed later. An append may have taken effect. */
export const isTransient = (error: unknown): boolean => {
  if (error instanceof MainstemError) return error instanceof PostgresUnavailable;
  const state = sqlStateOf(error);
  return state === undefined ? error instanceof Error && !(error instanceof TypeError) : TRANSIENT.test(state);
};

/** The text of the server or the driver in one line; for a name with several addresses it is inside the error. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
};

/** The server's code of an error; undefined for one of the driver or of the network. */
export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error
    ? error.code
    : undefined;
