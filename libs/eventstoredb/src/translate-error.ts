// The client's errors in the words of the port. The client has two kinds: its own, with a `type`, and bare gRPC errors, with a `code`.
import { EventTooLarge, isMainstemError, WrongExpectedRevision, type ExpectedRevision } from '@mainstem/event-store';
import { EventStoreAccessDenied, EventStoreFailed, EventStoreUnavailable, StreamDeleted } from './errors.js';

/** What was asked for: an error names it. */
export interface Operation {
  readonly name: string;
  readonly stream?: string;
  readonly expected?: ExpectedRevision;
  readonly bytes?: number;
}

/** gRPC's numbers for: cancelled, deadline exceeded, resource exhausted, aborted, internal, unavailable. */
const TRANSIENT_CODES: readonly unknown[] = [1, 4, 8, 10, 13, 14];
const TRANSIENT_TYPES: readonly unknown[] = ['unavailable', 'cancelled', 'timeout', 'deadline-exceeded', 'not-leader', 'not-handled'];
/** What a node says that does not handle a read now, under a code that says nothing. */
const NOT_HANDLED = /Server Is (Not Ready|Busy)|No leader info available/i;

/** True for failures of the connection or of the node behind it: the same call may succeed a moment later. */
export const isTransient = (error: unknown): boolean => {
  if (isMainstemError(error)) return error.code === 'EVENT_STORE_UNAVAILABLE';
  const type = typeOf(error);
  // The client closed the channel under a call that was about to use it: no type, no code, just this.
  if (error instanceof Error && (error.message === 'Channel has been shut down' || NOT_HANDLED.test(error.message))) return true;
  return type === undefined || type === 'unknown' ? TRANSIENT_CODES.includes(field(error, 'code')) : TRANSIENT_TYPES.includes(type);
};

/**
 * True where nobody answered. gRPC waits ever longer before it dials a lost server again, and goes on with that in whatever comes to have the same
 * connection: only a new client dials at once.
 */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof EventStoreUnavailable || typeOf(error) === 'unavailable' || (typeOf(error) === undefined && field(error, 'code') === 14);

/** What the system says where no node can be there: nothing listens, no way leads there, or the name has no address. */
const REFUSALS = /\b(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENOTFOUND|EAI_AGAIN)\b|Name resolution failed/;

/** True where no node can be there at the moment, known at once, as opposed to one that is silent, starting or without a leader. */
export const isRefused = (error: unknown): boolean => isUnreachable(error) && REFUSALS.test(error instanceof Error ? error.message : '');

/** What is too large where the server has refused an append for one of its events. */
export const ONE_EVENT = 'An event of the append';

/** The error in the port's words; what is in them already comes back as it is. `redact` takes secrets out of texts. */
export const translateError = (error: unknown, operation: Operation, redact: (text: string) => string): Error => {
  if (isMainstemError(error)) return error;
  const reason = reasonOf(error, redact);
  // The client's error keeps its request; only its words go on.
  const cause = new Error(reason);
  if (isTransient(error)) return new EventStoreUnavailable(operation.name, reason, cause);
  switch (typeOf(error) ?? field(error, 'code')) {
    case 'wrong-expected-version':
      return new WrongExpectedRevision(operation.stream ?? '', String(operation.expected), actualOf(field(error, 'actualVersion')));
    case 'stream-deleted':
      return new StreamDeleted(operation.stream ?? String(field(error, 'streamName')), cause);
    case 'access-denied':
    case 7:
    case 16:
      return new EventStoreAccessDenied(operation.name, cause);
    case 'maximum-append-size-exceeded':
      return new EventTooLarge('The append', operation.bytes ?? 0, Number(field(error, 'maxAppendSize') ?? 0));
    case 'maximum-append-event-size-exceeded':
      return new EventTooLarge(ONE_EVENT, Number(field(error, 'proposedSize') ?? operation.bytes ?? 0), Number(field(error, 'maxAppendSize') ?? 0));
    default:
      return new EventStoreFailed(operation.name, reason, cause);
  }
};

/** Why, without what was asked for. */
const reasonOf = (error: unknown, redact: (text: string) => string): string => {
  if (error instanceof EventStoreUnavailable) return error.reason;
  return redact(error instanceof Error ? wordsOf(error) : String(error));
};

/** What whoever used a connection fails with once it was given up, for the reason that others met. */
export const connectionGivenUp = (operation: string, { reason }: AbortSignal, redact: (text: string) => string): EventStoreUnavailable =>
  new EventStoreUnavailable(operation, `the connection was given up: ${reasonOf(reason, redact)}`);

/** gRPC wraps what the system says in words of its own. */
const wordsOf = ({ message }: Error): string => /Last error: (?:Error: )?(.+?)\.? Resolution note:/s.exec(message)?.[1] ?? message;

/** Takes the password of a connection out of texts. */
export const redactor =
  (password: string | undefined) =>
  (text: string): string =>
    password ? text.replaceAll(password, '***').replaceAll(encodeURIComponent(password), '***') : text;

const actualOf = (actual: unknown): bigint | null => (typeof actual === 'bigint' && actual >= 0n ? actual : null);

/** What the client calls the error, or what the server called it in the trailers of a call that the client has not looked at. */
export const typeOf = (error: unknown): unknown => {
  const type = field(error, 'type');
  const trailers = field(error, 'metadata');
  if (type !== undefined || trailers === null || typeof trailers !== 'object' || !('get' in trailers) || typeof trailers.get !== 'function')
    return type;
  return (trailers as { get(name: string): readonly unknown[] }).get('exception')[0];
};

/**
 * What the client throws while it looks for a node has neither type nor code, other than what a server answers: then none was found. Mistakes of a
 * program have classes of their own and stay as they are. `refusals`: why, where each address refuses connections.
 */
export const errorOfFinding = (error: unknown, operation: string, refusals?: string): unknown => {
  if (!isOfFinding(error)) return error;
  const words = error.message.replaceAll(/\/\/[^@\s]*@/g, '//');
  return new EventStoreUnavailable(operation, refusals === undefined ? words : `${words.replace(/\.$/, '')}: ${refusals}`);
};

/** Whether the client says that it found no node. */
export const isOfFinding = (error: unknown): error is Error =>
  error instanceof Error && Object.getPrototypeOf(error) === Error.prototype && typeOf(error) === undefined && field(error, 'code') === undefined;

const field = (error: unknown, name: string): unknown =>
  error !== null && typeof error === 'object' ? (error as Readonly<Record<string, unknown>>)[name] : undefined;
