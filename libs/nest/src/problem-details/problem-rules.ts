// The HTTP status of each error code. The errors themselves know nothing of HTTP.
import type { JsonValue, MainstemError } from '@mainstem/event-store';
import { projectionLag } from './projection-lag.js';

export interface ProblemRule {
  readonly status: number;
  /** Retry-After, in seconds. */
  readonly retryAfterS?: number;
  /** The text for the client in place of the error's message, which goes to the log. */
  readonly detail?: string | ((error: MainstemError) => string | undefined);
  /** Further members of the problem details, from the error's fields. */
  readonly members?: (error: MainstemError) => Readonly<Record<string, JsonValue>>;
}

/** By error code: a status, or more. The client sees the message of a listed error, unless there is a `detail`. */
export type ProblemRules = Readonly<Record<string, number | ProblemRule>>;

/** Clients must not learn names of files and hosts. */
const eventStoreOutage: ProblemRule = {
  status: 503,
  retryAfterS: 1,
  detail: 'The event store is not available at the moment. Send the request again; a command with the same Idempotency-Key takes effect once.',
};

/** Nothing is wrong with server or request; the texts of the server stay in the log. */
const transactionConflict: ProblemRule = {
  status: 503,
  retryAfterS: 1,
  detail: 'The request met another one that changes the same. Nothing of it has taken effect; send it again.',
};

/** Clients must not learn addresses and texts of a driver. */
const readStoreOutage: ProblemRule = {
  status: 503,
  retryAfterS: 1,
  detail: 'The read model is not available at the moment. Send the request again.',
};

/** The members tell by how much; the reason, if known, is in the log. */
const behind = (error: MainstemError): string | undefined =>
  'reason' in error && error.reason !== undefined ? 'The read model has not reached the requested position yet. Send the request again.' : undefined;

/** The framework's own errors. An unlisted error is a refusal (409), or unexpected: 500 without details. */
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
  EVENT_STORE_LOG_REPLACED: eventStoreOutage,
  EVENT_STORE_NEWER_EVENT: { status: 503, retryAfterS: 5 },
  EVENT_STORE_OVERLOADED: eventStoreOutage,
  EVENT_STORE_READ_ONLY: eventStoreOutage,
  EVENT_STORE_TRANSACTION_CONFLICT: transactionConflict,
  EVENT_STORE_UNAVAILABLE: eventStoreOutage,
  AGGREGATE_CONFLICT_UNRESOLVED: { status: 503, retryAfterS: 1 },
  AGGREGATE_OVERLOADED: { status: 503, retryAfterS: 1 },
  PROJECTION_BEHIND: { status: 503, retryAfterS: 1, detail: behind, members: projectionLag },
  PROJECTION_PAUSED: { status: 503, retryAfterS: 30, detail: behind, members: projectionLag },
  PROJECTION_WAIT_REFUSED: { status: 503, retryAfterS: 1 },
  READ_STORE_BUSY: readStoreOutage,
  READ_STORE_READ_ONLY: readStoreOutage,
  READ_STORE_UNAVAILABLE: readStoreOutage,
  PROJECTION_UNKNOWN: 404,
  READ_MODEL_KEY_UNKNOWN: 404,
};
