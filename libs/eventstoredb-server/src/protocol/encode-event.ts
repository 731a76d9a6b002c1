// Encodes a ReadResp with an event by hand, into one buffer of known size: every event that is read passes here.
import type { LogEvent } from '../semantics/log-event.js';
import { TOMBSTONE_REVISION } from '../semantics/stream-state.js';
import { uuidBits } from './uuid.js';

/** The content of one answer: the event, or a link with its event, if that still exists. */
export interface ReadEvent {
  readonly event: LogEvent | undefined;
  readonly link: LogEvent | undefined;
}

/**
 * The field numbers of streams.proto: ReadResp { event = 1 { event = 1, link = 2, commit_position = 3 } }. The message
 * of persistent.proto also has a retry count = 5.
 */
export const encodeReadEvent = ({ event, link }: ReadEvent, isUuidStructured: boolean, retryCount?: number): Buffer => {
  const recordedEvent = event && planOf(event, isUuidStructured);
  const recordedLink = link && planOf(link, isUuidStructured);
  const place = link ?? event;
  let size = place ? 1 + varintSize(place.position) : 0;
  if (recordedEvent) size += fieldSize(recordedEvent.size);
  if (recordedLink) size += fieldSize(recordedLink.size);
  if (retryCount !== undefined) size += 1 + varintSize(retryCount);
  const target = new Target(fieldSize(size));
  target.head(1, size);
  if (recordedEvent) writeRecorded(target, 1, recordedEvent);
  if (recordedLink) writeRecorded(target, 2, recordedLink);
  if (place) target.number(3, place.position);
  if (retryCount !== undefined) target.number(5, retryCount);
  return target.bytes;
};

/** An event with the sizes of its parts. */
interface Plan {
  readonly event: LogEvent;
  readonly created: string;
  /** The length of the id for clients that use two halves. */
  readonly halves: Buffer | undefined;
  readonly streamSize: number;
  readonly typeEntry: Buffer;
  readonly size: number;
}

const planOf = (event: LogEvent, isUuidStructured: boolean): Plan => {
  // Ticks of 100 ns: ten thousand a millisecond.
  const created = `${event.recordedAtMs}0000`;
  const halves = isUuidStructured ? encodeHalves(event.id) : undefined;
  const streamSize = Buffer.byteLength(event.stream);
  const typeEntry = typeEntryOf(event.type);
  const size =
    fieldSize(halves ? halves.length : fieldSize(event.id.length)) +
    fieldSize(fieldSize(streamSize)) +
    (1 + revisionSize(event.revision)) +
    2 * (1 + varintSize(event.position)) +
    typeEntry.length +
    fieldSize(CREATED_KEY.length + fieldSize(created.length)) +
    contentTypeOf(event).length +
    fieldSize(event.metadata.length) +
    fieldSize(event.data.length);
  return { event, created, halves, streamSize, typeEntry, size };
};

/**
 * RecordedEvent: id = 1, stream_identifier = 2 { stream_name = 3 }, stream_revision = 3, prepare_position = 4,
 * commit_position = 5, metadata = 6, custom_metadata = 7, data = 8.
 */
const writeRecorded = (target: Target, field: number, { event, created, halves, streamSize, typeEntry, size }: Plan): void => {
  target.head(field, size);
  target.head(1, halves ? halves.length : fieldSize(event.id.length));
  if (halves) target.raw(halves);
  else {
    target.head(2, event.id.length);
    target.ascii(event.id);
  }
  target.head(2, fieldSize(streamSize));
  target.head(3, streamSize);
  target.text(event.stream, streamSize);
  if (event.revision === TOMBSTONE_REVISION) target.raw(TOMBSTONE_FIELD);
  else target.number(3, event.revision);
  target.number(4, event.position);
  target.number(5, event.position);
  target.raw(typeEntry);
  target.head(6, CREATED_KEY.length + fieldSize(created.length));
  target.raw(CREATED_KEY);
  target.head(2, created.length);
  target.ascii(created);
  target.raw(contentTypeOf(event));
  target.head(7, event.metadata.length);
  target.raw(event.metadata);
  target.head(8, event.data.length);
  target.raw(event.data);
};

const VARINT = 0;
const DELIMITED = 2;

const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
};

/** Size of a delimited field: its tag, its length, its content. */
const fieldSize = (contentSize: number): number => 1 + varintSize(contentSize) + contentSize;

class Target {
  readonly bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** Tag and length of a delimited field. */
  head(field: number, contentSize: number): void {
    this.bytes[this.#at++] = (field << 3) | DELIMITED;
    this.#varint(contentSize);
  }

  number(field: number, value: number): void {
    this.bytes[this.#at++] = (field << 3) | VARINT;
    this.#varint(value);
  }

  text(text: string, size: number): void {
    this.bytes.write(text, this.#at, size);
    this.#at += size;
  }

  ascii(text: string): void {
    this.#at += this.bytes.write(text, this.#at, 'latin1');
  }

  raw(content: Buffer): void {
    this.bytes.set(content, this.#at);
    this.#at += content.length;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes[this.#at++] = (rest % 0x80) | 0x80;
    this.bytes[this.#at++] = rest;
  }
}

const field = (number: number, content: Buffer): Buffer => {
  const target = new Target(fieldSize(content.length));
  target.head(number, content.length);
  target.raw(content);
  return target.bytes;
};

/** One entry of the map of properties: field 6 { key = 1, value = 2 }. */
const entry = (key: string, value: string): Buffer => field(6, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))]));

const CREATED_KEY = field(1, Buffer.from('created'));
const JSON_CONTENT = entry('content-type', 'application/json');
const BINARY_CONTENT = entry('content-type', 'application/octet-stream');

const contentTypeOf = ({ isJson }: LogEvent): Buffer => (isJson ? JSON_CONTENT : BINARY_CONTENT);

/** Types are few; the bound is for stores with many. */
const TYPES_MAX = 4_096;
const typeEntries = new Map<string, Buffer>();

const typeEntryOf = (type: string): Buffer => {
  const known = typeEntries.get(type);
  if (known) return known;
  const made = entry('type', type);
  if (typeEntries.size < TYPES_MAX) typeEntries.set(type, made);
  return made;
};

/** A tombstone has the revision 2^63 − 1 on the wire. */
const TOMBSTONE_FIELD = Buffer.from([(3 << 3) | VARINT, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);

const revisionSize = (revision: number): number => (revision === TOMBSTONE_REVISION ? TOMBSTONE_FIELD.length - 1 : varintSize(revision));

/** UUID: structured = 1 { most_significant_bits = 1, least_significant_bits = 2 }, string = 2. */
const encodeHalves = (id: string): Buffer => {
  const { high, low } = uuidBits(id);
  return field(1, Buffer.concat([bigintField(1, high), bigintField(2, low)]));
};

const bigintField = (number: number, value: bigint): Buffer => {
  const bytes = [(number << 3) | VARINT];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};
