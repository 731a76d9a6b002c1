// Which HTTP status a coded error has. Errors themselves know nothing of HTTP.
import type { JsonValue, MainstemError } from '@mainstem/event-store';
import { projectionLag } from '../position/projection-lag.js';

export interface ProblemRule {
  readonly status: number;
  /** Sent as Retry-After, in seconds. */
  readonly retryAfterS?: number;
  /** Further members of the problem details, from the error's typed fields. */
  readonly members?: (error: MainstemError) => Readonly<Record<string, JsonValue>>;
}

/** By error code: a status, or more. The message of an error listed here is shown to the client. */
export type ProblemRules = Readonly<Record<string, number | ProblemRule>>;

/** The framework's own errors. What is not listed is a refusal (409), else unexpected: 500 without any detail. */
export const DEFAULT_PROBLEM_RULES: ProblemRules = {
  COMMAND_INVALID: 400,
  REQUEST_INVALID: 400,
  EVENT_STORE_INVALID_INPUT: 400,
  EVENT_STORE_INVALID_EVENT: 422,
  EVENT_STORE_EVENT_TOO_LARGE: 413,
  EVENT_STORE_WRONG_EXPECTED_REVISION: 409,
  AGGREGATE_CONFLICT_UNRESOLVED: { status: 503, retryAfterS: 1 },
  AGGREGATE_OVERLOADED: { status: 503, retryAfterS: 1 },
  PROJECTION_BEHIND: { status: 503, retryAfterS: 1, members: projectionLag },
  READ_STORE_UNAVAILABLE: { status: 503, retryAfterS: 1 },
  READ_STORE_BUSY: { status: 503, retryAfterS: 1 },
  PROJECTION_UNKNOWN: 404,
};
