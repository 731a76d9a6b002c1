// The answer to a failed call: gRPC codes, and the trailers by which clients choose their error class.
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { isMainstemError } from '@mainstem/event-store';
import {
  GroupDropped,
  GroupExists,
  GroupFull,
  GroupNotFound,
  GroupRefused,
  MetadataMissing,
  REQUIRED_PROPERTIES,
  StreamTombstoned,
  WriteTooLarge,
} from '../errors.js';
import { expectedNumber, type ExpectedVersion } from '../semantics/expected-version.js';

/** An answer with a status other than OK. */
export interface Failure extends Partial<ServiceError> {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata;
}

/** The answer to a call that failed. A foreign error becomes UNKNOWN without its text, which may hold secrets. */
export const failureOf = (error: unknown): Failure => {
  if (isFailure(error)) return error;
  if (error instanceof StreamTombstoned) {
    return failure(status.FAILED_PRECONDITION, error.message, { exception: 'stream-deleted', 'stream-name': error.stream });
  }
  if (error instanceof WriteTooLarge) {
    return failure(status.INVALID_ARGUMENT, error.message, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(error.bytesMax),
    });
  }
  if (error instanceof MetadataMissing) {
    return failure(status.INVALID_ARGUMENT, error.message, {
      exception: 'missing-required-metadata-property',
      // The names of all properties, also of those that are present.
      'required-metadata-properties': REQUIRED_PROPERTIES.join(','),
    });
  }
  const ofGroup = groupFailure(error);
  if (ofGroup) return ofGroup;
  return failure(codeOf(error), isMainstemError(error) ? error.message : 'The server failed; its log has the details.');
};

const GROUP_FAILURES = [
  [GroupNotFound, status.NOT_FOUND, 'persistent-subscription-does-not-exist'],
  [GroupExists, status.ALREADY_EXISTS, 'persistent-subscription-exists'],
  [GroupFull, status.FAILED_PRECONDITION, 'maximum-subscribers-reached'],
  [GroupDropped, status.CANCELLED, 'persistent-subscription-dropped'],
  [GroupRefused, status.INTERNAL, 'persistent-subscription-failed'],
] as const;

const groupFailure = (error: unknown): Failure | undefined => {
  for (const [kind, code, exception] of GROUP_FAILURES) {
    if (!(error instanceof kind)) continue;
    const reason = error instanceof GroupRefused ? { reason: error.reason } : {};
    return failure(code, error.message, { exception, 'stream-name': error.source, 'group-name': error.group, ...reason });
  }
  return undefined;
};

/** Like `failureOf`; `report` gets the details of a failure that the client sees as UNKNOWN. */
export const reportedFailure = (error: unknown, report: Report): Failure => {
  const answer = failureOf(error);
  if (answer.code === status.UNKNOWN) report(error);
  return answer;
};

/** Receives server failures whose details clients do not get. */
export type Report = (error: unknown) => void;

const codeOf = (error: unknown): status => {
  if (isMainstemError(error, 'EVENT_STORE_SERVER_REQUEST_INVALID', 'EVENT_STORE_SERVER_FILTER_NOT_SUPPORTED')) return status.INVALID_ARGUMENT;
  if (isMainstemError(error, 'EVENT_STORE_SERVER_WRITE_TIMED_OUT')) return status.ABORTED;
  if (
    isMainstemError(
      error,
      'EVENT_STORE_CLOSED',
      'EVENT_STORE_BUSY',
      'EVENT_STORE_SERVER_OVERLOADED',
      'EVENT_STORE_SERVER_GROUPS_ELSEWHERE',
      'EVENT_STORE_DISK_FULL',
      'EVENT_STORE_FILE_REPLACED',
    )
  ) {
    return status.UNAVAILABLE;
  }
  return status.UNKNOWN;
};

/** Deletes and tombstones answer a wrong version with a real server's trailers and text; appends have a message. */
export const wrongVersionFailure = (stream: string, expected: ExpectedVersion, current: number): Failure =>
  failure(
    status.FAILED_PRECONDITION,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expectedNumber(expected)}, Actual version: ${current}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(expectedNumber(expected)),
      'actual-version': String(current),
    },
  );

export const accessDenied = (): Failure => failure(status.PERMISSION_DENIED, 'Access denied.', { exception: 'access-denied' });
export const unauthenticated = (): Failure => failure(status.UNAUTHENTICATED, 'The credentials are not valid.', {});

const failure = (code: status, text: string, trailers: Readonly<Record<string, string>> = {}): Failure => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, ascii(value));
  return { code, details: text, metadata };
};

const isFailure = (error: unknown): error is Failure =>
  error !== null && typeof error === 'object' && !(error instanceof Error) && 'code' in error && 'details' in error;

/** Trailers carry printable ASCII only: other names are percent-encoded. */
const ascii = (text: string): string => (/^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text));
