// An event from the wire: names and places are decoded, payload and metadata stay bytes until they are used.
import { DELIMITED, tagOf, VARINT, type WireReader } from './wire-reader.js';

export class WireEvent {
  id = '';
  stream = '';
  type = '';
  isJson = false;
  /** Here and in the positions: a number if it is exact, else a bigint. */
  revision: number | bigint = 0;
  commit: number | bigint = 0;
  prepare: number | bigint = 0;
  /** The bytes of the whole answer, into which the offsets below point. */
  readonly #bytes: Buffer;
  #createdStart = 0;
  #createdEnd = 0;
  #metadataStart = 0;
  #metadataEnd = 0;
  #dataStart = 0;
  #dataEnd = 0;

  /**
   * RecordedEvent: id = 1, stream_identifier = 2, stream_revision = 3, prepare_position = 4, commit_position = 5,
   * metadata = 6, custom_metadata = 7, data = 8.
   */
  constructor(reader: WireReader) {
    this.#bytes = reader.bytes;
    while (reader.hasMore) {
      const tag = reader.number();
      switch (tag) {
        case tagOf(1, DELIMITED):
          this.id = decodeUuid(reader);
          break;
        case tagOf(2, DELIMITED):
          this.stream = decodeStreamName(reader);
          break;
        case tagOf(3, VARINT):
          this.revision = reader.integer();
          break;
        case tagOf(4, VARINT):
          this.prepare = reader.integer();
          break;
        case tagOf(5, VARINT):
          this.commit = reader.integer();
          break;
        case tagOf(6, DELIMITED):
          this.#takeProperty(reader);
          break;
        case tagOf(7, DELIMITED):
          this.#metadataEnd = reader.limit();
          this.#metadataStart = reader.at;
          reader.at = this.#metadataEnd;
          break;
        case tagOf(8, DELIMITED):
          this.#dataEnd = reader.limit();
          this.#dataStart = reader.at;
          reader.at = this.#dataEnd;
          break;
        default:
          reader.skip(tag);
      }
    }
  }

  /** By the server's clock: 100-nanosecond ticks since 1970, as a decimal number. */
  get created(): string {
    return this.#bytes.toString('latin1', this.#createdStart, this.#createdEnd);
  }
  get data(): Buffer {
    return this.#bytes.subarray(this.#dataStart, this.#dataEnd);
  }
  get dataText(): string {
    return this.#bytes.toString('utf8', this.#dataStart, this.#dataEnd);
  }
  get metadata(): Buffer {
    return this.#bytes.subarray(this.#metadataStart, this.#metadataEnd);
  }
  get metadataText(): string {
    return this.#bytes.toString('utf8', this.#metadataStart, this.#metadataEnd);
  }
  /** Bytes of payload and metadata. */
  get size(): number {
    return this.#dataEnd - this.#dataStart + this.#metadataEnd - this.#metadataStart;
  }

  /** One entry of the map of properties: key = 1, value = 2. */
  #takeProperty(reader: WireReader): void {
    const outer = reader.enter();
    let key = 0;
    let keyEnd = 0;
    let value = 0;
    let valueEnd = 0;
    while (reader.hasMore) {
      const tag = reader.number();
      if (tag === tagOf(1, DELIMITED)) {
        keyEnd = reader.limit();
        key = reader.at;
        reader.at = keyEnd;
      } else if (tag === tagOf(2, DELIMITED)) {
        valueEnd = reader.limit();
        value = reader.at;
        reader.at = valueEnd;
      } else reader.skip(tag);
    }
    const { bytes } = reader;
    if (isSame(bytes, key, keyEnd, TYPE)) this.type = known(bytes, value, valueEnd);
    else if (isSame(bytes, key, keyEnd, CREATED)) {
      this.#createdStart = value;
      this.#createdEnd = valueEnd;
    } else if (isSame(bytes, key, keyEnd, CONTENT_TYPE)) this.isJson = isSame(bytes, value, valueEnd, JSON_CONTENT);
    reader.leave(outer);
  }
}

/** UUID in a delimited field: structured = 1 { most_significant_bits = 1, least_significant_bits = 2 }, string = 2. */
export const decodeUuid = (reader: WireReader): string => {
  const outer = reader.enter();
  let text = '';
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(2, DELIMITED)) text = reader.text();
    else if (tag === tagOf(1, DELIMITED)) text = decodeHalves(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return text;
};

const decodeHalves = (reader: WireReader): string => {
  const outer = reader.enter();
  let high = 0n;
  let low = 0n;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, VARINT)) high = reader.bigint();
    else if (tag === tagOf(2, VARINT)) low = reader.bigint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  const hex = high.toString(16).padStart(16, '0') + low.toString(16).padStart(16, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

/** StreamIdentifier: stream_name = 3. */
const decodeStreamName = (reader: WireReader): string => {
  const outer = reader.enter();
  let name = '';
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(3, DELIMITED)) name = reader.text();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return name;
};

const TYPE = Buffer.from('type');
const CREATED = Buffer.from('created');
const CONTENT_TYPE = Buffer.from('content-type');
const JSON_CONTENT = Buffer.from('application/json');

const isSame = (bytes: Buffer, start: number, end: number, expected: Buffer): boolean => {
  const { length } = expected;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index++) if (bytes[start + index] !== expected[index]) return false;
  return true;
};

/** Names of types seen before, by the length of their bytes: comparing bytes costs less than decoding. */
const names: { readonly bytes: Buffer; readonly text: string }[][] = [];
/** Types are few; the bounds are for servers with many. */
const NAMES_PER_LENGTH_MAX = 16;
const NAME_BYTES_MAX = 256;

/** Returns the same object for the same text: comparing it with a filter's text then compares two addresses. */
const known = (bytes: Buffer, start: number, end: number): string => {
  const length = end - start;
  if (length > NAME_BYTES_MAX) return bytes.toString('utf8', start, end);
  const candidates = (names[length] ??= []);
  for (const { bytes: name, text } of candidates) if (isSame(bytes, start, end, name)) return text;
  const text = bytes.toString('utf8', start, end);
  if (candidates.length < NAMES_PER_LENGTH_MAX) candidates.push({ bytes: Buffer.from(bytes.subarray(start, end)), text });
  return text;
};
