// Translates errors of the client into the port's. The client's own have a `type`, bare gRPC errors have a `code`.
import {
  AppendAllUnsupported,
  AppendPartlyKnown,
  EventTooLarge,
  isMainstemError,
  WrongExpectedRevision,
  type ExpectedRevision,
} from '@mainstem/event-store';
import { EventStoreAccessDenied, EventStoreFailed, EventStoreUnavailable, StreamDeleted } from './errors.js';

/** The request, which an error names. */
export interface Operation {
  readonly name: string;
  readonly stream?: string;
  readonly expected?: ExpectedRevision;
  readonly bytes?: number;
}

/** gRPC's numbers for: cancelled, deadline exceeded, resource exhausted, aborted, internal, unavailable. */
const TRANSIENT_CODES: readonly unknown[] = [1, 4, 8, 10, 13, 14];
const TRANSIENT_TYPES: readonly unknown[] = ['unavailable', 'cancelled', 'timeout', 'deadline-exceeded', 'not-leader', 'not-handled'];
/** What a node says that cannot handle a read now; the code of that error says nothing. */
const NOT_HANDLED = /Server Is (Not Ready|Busy)|No leader info available/i;

/** True for failures of the connection or of its node: the same call may succeed a moment later. */
export const isTransient = (error: unknown): boolean => {
  if (isMainstemError(error)) return error.code === 'EVENT_STORE_UNAVAILABLE';
  const type = typeOf(error);
  // The client closed the channel under a call that was about to use it: no type, no code, only this text.
  if (error instanceof Error && (error.message === 'Channel has been shut down' || NOT_HANDLED.test(error.message))) return true;
  return type === undefined || type === 'unknown' ? TRANSIENT_CODES.includes(field(error, 'code')) : TRANSIENT_TYPES.includes(type);
};

/**
 * True if no server answered. gRPC waits ever longer before it dials a lost server again, also for later clients with
 * the same connection. Only a client with a new connection dials at once.
 */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof EventStoreUnavailable || typeOf(error) === 'unavailable' || (typeOf(error) === undefined && field(error, 'code') === 14);

/** What the system says if no node can be there: nothing listens, no route leads there, or the name has no address. */
const REFUSALS = /\b(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENOTFOUND|EAI_AGAIN)\b|Name resolution failed/;

/** True if there is certainly no node at the moment; false for one that is silent, starting or leaderless. */
export const isRefused = (error: unknown): boolean => isUnreachable(error) && REFUSALS.test(error instanceof Error ? error.message : '');

/** The name of what is too large when the server has refused an append because of one event. */
export const ONE_EVENT = 'An event of the append';

/** The error in the port's terms; one of the port's stays as it is. `redact` removes secrets from texts. */
export const translateError = (error: unknown, operation: Operation, redact: (text: string) => string): Error => {
  if (isMainstemError(error)) return error;
  const reason = reasonOf(error, redact);
  // The client's error keeps its request, so only its text is used.
  const cause = new Error(reason);
  if (isTransient(error)) return new EventStoreUnavailable(operation.name, reason, cause);
  switch (typeOf(error) ?? field(error, 'code')) {
    case 'wrong-expected-version':
      return new WrongExpectedRevision(operation.stream ?? '', String(operation.expected), actualOf(field(error, 'actualVersion')));
    case 'append-partly-known':
      return new AppendPartlyKnown(textsOf(field(error, 'known')), textsOf(field(error, 'unknown')));
    case 12:
      // Another server than the one that was asked when the store was opened.
      if (operation.name === 'appendAll') return new AppendAllUnsupported('The server');
      return new EventStoreFailed(operation.name, reason, cause);
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

/** The reason alone, without the request. */
const reasonOf = (error: unknown, redact: (text: string) => string): string => {
  if (error instanceof EventStoreUnavailable) return error.reason;
  return redact(error instanceof Error ? wordsOf(error) : String(error));
};

/** The error for users of a connection that was given up, with the reason that others met. */
export const connectionGivenUp = (operation: string, { reason }: AbortSignal, redact: (text: string) => string): EventStoreUnavailable =>
  new EventStoreUnavailable(operation, `the connection was given up: ${reasonOf(reason, redact)}`);

/** gRPC wraps the system's text in words of its own. */
const wordsOf = ({ message }: Error): string => /Last error: (?:Error: )?(.+?)\.? Resolution note:/s.exec(message)?.[1] ?? message;

/** Removes the password of a connection from texts. */
export const redactor =
  (password: string | undefined) =>
  (text: string): string =>
    password ? text.replaceAll(password, '***').replaceAll(encodeURIComponent(password), '***') : text;

const textsOf = (texts: unknown): readonly string[] => (Array.isArray(texts) ? texts.map(String) : []);

const actualOf = (actual: unknown): bigint | null => (typeof actual === 'bigint' && actual >= 0n ? actual : null);

/** The client's name for the error, or the server's name in trailers that the client has not read. */
export const typeOf = (error: unknown): unknown => {
  const type = field(error, 'type');
  const trailers = field(error, 'metadata');
  if (type !== undefined || trailers === null || typeof trailers !== 'object' || !('get' in trailers) || typeof trailers.get !== 'function')
    return type;
  return (trailers as { get(name: string): readonly unknown[] }).get('exception')[0];
};

/**
 * The client's errors while it looks for a node have neither type nor code: they mean that it found none. Mistakes of a
 * program have classes of their own and stay as they are. `refusals` tell why each address refuses connections.
 */
export const errorOfFinding = (error: unknown, operation: string, refusals?: string): unknown => {
  if (!isOfFinding(error)) return error;
  const words = error.message.replaceAll(/\/\/[^@\s]*@/g, '//');
  return new EventStoreUnavailable(operation, refusals === undefined ? words : `${words.replace(/\.$/, '')}: ${refusals}`);
};

/** True if the client says that it found no node. */
export const isOfFinding = (error: unknown): error is Error =>
  error instanceof Error && Object.getPrototypeOf(error) === Error.prototype && typeOf(error) === undefined && field(error, 'code') === undefined;

const field = (error: unknown, name: string): unknown =>
  error !== null && typeof error === 'object' ? (error as Readonly<Record<string, unknown>>)[name] : undefined;
