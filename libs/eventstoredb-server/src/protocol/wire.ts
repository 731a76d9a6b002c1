// Values of the wire and values of the log, both ways.
import { stringifyUuid } from './uuid.js';
import { RequestInvalid } from '../errors.js';
import type { ExpectedVersion } from '../semantics/expected-version.js';
import { EMPTY, type ExpectedKind, type StreamIdentifierMessage, type UuidMessage, type WriteOptionsMessage } from './messages.js';

/** Errors: EVENT_STORE_SERVER_REQUEST_INVALID for an empty name, broken UTF-8, or the bare metadata prefix. */
export const streamOf = (identifier: StreamIdentifierMessage | undefined): string => {
  const bytes = identifier?.stream_name ?? Buffer.alloc(0);
  const name = bytes.toString();
  if (name === '' || name === '$$') throw new RequestInvalid('The request names no stream.');
  if (!Buffer.from(name).equals(bytes)) throw new RequestInvalid('The name of the stream is not UTF-8.');
  return name;
};

/** A place in the log or in a stream; a place beyond every possible event becomes the largest safe number. */
export const placeOf = (text: string | undefined): number => {
  const place = BigInt(text ?? '0');
  return place > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(place);
};

/** Errors: EVENT_STORE_SERVER_REQUEST_INVALID. */
export const expectedOf = (options: WriteOptionsMessage): ExpectedVersion => {
  const kind: ExpectedKind | undefined = options.expected_stream_revision ?? options.expected_stream_position;
  switch (kind) {
    case 'any':
      return 'any';
    case 'no_stream':
      return 'no-stream';
    case 'stream_exists':
      return 'stream-exists';
    case 'revision':
      return revisionOf(options.revision);
    case 'stream_position':
      return revisionOf(options.stream_position);
    default:
      throw new RequestInvalid('The request does not say which revision is expected.');
  }
};

/** Some clients write "no stream" as the largest number. */
export const NO_REVISION = 2n ** 64n - 1n;

const revisionOf = (text: string | undefined): ExpectedVersion => {
  const revision = BigInt(text ?? '0');
  return revision === NO_REVISION ? 'no-stream' : revision;
};

/** The wire fields for an expected revision in an answer: the fields of `prefix`, or `number` for a revision. */
export const expectedField = (expected: ExpectedVersion, prefix: string, number: string): object =>
  typeof expected === 'bigint' ? { [number]: String(expected) } : { [`${prefix}_${expected.replace('-', '_')}`]: EMPTY };

/** A UUID in lower case; undefined if there is none. Errors: EVENT_STORE_SERVER_REQUEST_INVALID. */
export const uuidOf = (message: UuidMessage | undefined): string | undefined => {
  if (message?.structured) {
    const { most_significant_bits: high, least_significant_bits: low } = message.structured;
    return stringifyUuid(BigInt(high), BigInt(low));
  }
  if (message?.string === undefined || message.string === '') return undefined;
  const id = message.string.toLowerCase();
  if (!/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id))
    throw new RequestInvalid(`An id must be a UUID, got ${JSON.stringify(id.slice(0, 80))}.`);
  return id;
};
