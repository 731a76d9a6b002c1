// An event as it came off the wire: names and places decoded, payload and metadata left as bytes until somebody wants them.
import { DELIMITED, tagOf, VARINT, type WireReader } from './wire-reader.js';

export interface WireEvent {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly revision: bigint;
  readonly commit: bigint;
  readonly prepare: bigint;
  /** By the server's clock: 100-nanosecond ticks since 1970, as a decimal number. */
  readonly created: string;
  readonly metadata: Buffer;
  readonly data: Buffer;
}

const EMPTY: Buffer = Buffer.alloc(0);
const JSON_CONTENT = 'application/json';
/** Names that occur again and again are decoded once. Types are few; the bound is for servers where they are not. */
const NAMES_MAX = 4_096;

/** RecordedEvent: id = 1, stream_identifier = 2, stream_revision = 3, prepare_position = 4, commit_position = 5, metadata = 6, custom_metadata = 7, data = 8. */
export const decodeEvent = (reader: WireReader): WireEvent => {
  const event = { id: '', stream: '', type: '', isJson: false, revision: 0n, commit: 0n, prepare: 0n, created: '', metadata: EMPTY, data: EMPTY };
  while (reader.hasMore) {
    const tag = reader.number();
    switch (tag) {
      case tagOf(1, DELIMITED):
        event.id = decodeUuid(reader.message());
        break;
      case tagOf(2, DELIMITED):
        event.stream = decodeStreamName(reader.message());
        break;
      case tagOf(3, VARINT):
        event.revision = reader.bigint();
        break;
      case tagOf(4, VARINT):
        event.prepare = reader.bigint();
        break;
      case tagOf(5, VARINT):
        event.commit = reader.bigint();
        break;
      case tagOf(6, DELIMITED):
        decodeProperty(reader.message(), event);
        break;
      case tagOf(7, DELIMITED):
        event.metadata = reader.slice();
        break;
      case tagOf(8, DELIMITED):
        event.data = reader.slice();
        break;
      default:
        reader.skip(tag);
    }
  }
  return event;
};

/** UUID: structured = 1 { most_significant_bits = 1, least_significant_bits = 2 }, string = 2. */
export const decodeUuid = (reader: WireReader): string => {
  let text = '';
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(2, DELIMITED)) text = reader.text();
    else if (tag === tagOf(1, DELIMITED)) text = decodeHalves(reader.message());
    else reader.skip(tag);
  }
  return text;
};

const decodeHalves = (reader: WireReader): string => {
  let high = 0n;
  let low = 0n;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, VARINT)) high = reader.bigint();
    else if (tag === tagOf(2, VARINT)) low = reader.bigint();
    else reader.skip(tag);
  }
  const hex = high.toString(16).padStart(16, '0') + low.toString(16).padStart(16, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

/** StreamIdentifier: stream_name = 3. */
const decodeStreamName = (reader: WireReader): string => {
  let name = '';
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(3, DELIMITED)) name = reader.text();
    else reader.skip(tag);
  }
  return name;
};

const names = new Map<string, string>();

/** One entry of the map of properties: key = 1, value = 2. */
const decodeProperty = (reader: WireReader, event: { type: string; isJson: boolean; created: string }): void => {
  let key = '';
  let value = '';
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, DELIMITED)) key = reader.text();
    else if (tag === tagOf(2, DELIMITED)) value = reader.text();
    else reader.skip(tag);
  }
  if (key === 'type') event.type = known(value);
  else if (key === 'created') event.created = value;
  else if (key === 'content-type') event.isJson = value === JSON_CONTENT;
};

/** The same text as one object: comparing it with a filter's is then comparing two addresses. */
const known = (text: string): string => {
  const same = names.get(text);
  if (same !== undefined) return same;
  if (names.size < NAMES_MAX) names.set(text, text);
  return text;
};
