// Which HTTP status a coded error has. Errors themselves know nothing of HTTP.
import type { JsonValue, MainstemError } from '@mainstem/event-store';
import { projectionLag } from './projection-lag.js';

export interface ProblemRule {
  readonly status: number;
  /** Sent as Retry-After, in seconds. */
  readonly retryAfterS?: number;
  /** What the client is told in place of the error's message, which is for the operator and goes to the log. */
  readonly detail?: string | ((error: MainstemError) => string | undefined);
  /** Further members of the problem details, from the error's typed fields. */
  readonly members?: (error: MainstemError) => Readonly<Record<string, JsonValue>>;
}

/** By error code: a status, or more. The message of an error listed here is shown to the client, unless there is a `detail`. */
export type ProblemRules = Readonly<Record<string, number | ProblemRule>>;

/** Names of files and hosts are nobody's business out there. */
const eventStoreOutage: ProblemRule = {
  status: 503,
  retryAfterS: 1,
  detail: 'The event store is not available at the moment. Send the request again; a command with the same Idempotency-Key takes effect once.',
};

/** Addresses and what a driver says are nobody's business out there, either. */
const readStoreOutage: ProblemRule = {
  status: 503,
  retryAfterS: 1,
  detail: 'The read model is not available at the moment. Send the request again.',
};

/** The members tell by how much; why it does not get on, where that is known, is in the log. */
const behind = (error: MainstemError): string | undefined =>
  'reason' in error && error.reason !== undefined
    ? 'The read model has not come as far as the position asked for. Send the request again.'
    : undefined;

/** The framework's own errors. What is not listed is a refusal (409), else unexpected: 500 without any detail. */
export const DEFAULT_PROBLEM_RULES: ProblemRules = {
  COMMAND_INVALID: 400,
  COMMAND_ID_REUSED: 422,
  COMMAND_TIMED_OUT: { status: 503, retryAfterS: 1 },
  REQUEST_INVALID: 400,
  EVENT_STORE_INVALID_INPUT: 400,
  EVENT_STORE_INVALID_EVENT: 422,
  EVENT_STORE_EVENT_TOO_LARGE: 413,
  EVENT_STORE_WRONG_EXPECTED_REVISION: 409,
  EVENT_STORE_BUSY: eventStoreOutage,
  EVENT_STORE_CLOSED: eventStoreOutage,
  EVENT_STORE_RESTORED: eventStoreOutage,
  EVENT_STORE_CORRUPT: eventStoreOutage,
  EVENT_STORE_DISK_FULL: eventStoreOutage,
  EVENT_STORE_FILE_REPLACED: eventStoreOutage,
  EVENT_STORE_IO_FAILED: eventStoreOutage,
  EVENT_STORE_NEWER_EVENT: { status: 503, retryAfterS: 5 },
  EVENT_STORE_OVERLOADED: eventStoreOutage,
  EVENT_STORE_READ_ONLY: eventStoreOutage,
  EVENT_STORE_UNAVAILABLE: eventStoreOutage,
  AGGREGATE_CONFLICT_UNRESOLVED: { status: 503, retryAfterS: 1 },
  AGGREGATE_OVERLOADED: { status: 503, retryAfterS: 1 },
  PROJECTION_BEHIND: { status: 503, retryAfterS: 1, detail: behind, members: projectionLag },
  PROJECTION_WAIT_REFUSED: { status: 503, retryAfterS: 1 },
  READ_STORE_BUSY: readStoreOutage,
  READ_STORE_READ_ONLY: readStoreOutage,
  READ_STORE_UNAVAILABLE: readStoreOutage,
  PROJECTION_UNKNOWN: 404,
};
