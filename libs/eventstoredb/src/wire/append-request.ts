// An append as requests of BatchAppend: its events in parts, all under one correlation id.
import type { ExpectedRevision } from '@mainstem/event-store';
import type { EncodedEvent } from '@mainstem/event-store/adapter';
import { DELIMITED, tagOf, VARINT } from './wire-reader.js';
import { bigintField, bytesField, fieldSize, textField, WireWriter } from './wire-writer.js';

/** Servers accept 16 MiB a message; their vendor's client sends 3 MiB. */
const PART_BYTES_MAX = 3 * 1_048_576;
/** Types are few; the bound is for programs with many. */
const TYPES_MAX = 4_096;
const UUID_LENGTH = 36;

export interface WireAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
  /** The metadata of the event with the same index. */
  readonly metadata: readonly string[];
}

/** The parts without their correlation id: an append that is sent again keeps its bytes. */
export const encodeAppend = ({ stream, expected, events, metadata }: WireAppend, deadlineMs: number): readonly Buffer[] => {
  const options = bytesField(tagOf(2, DELIMITED), optionsOf(stream, expected, deadlineMs));
  return inParts(
    [options],
    events.map((event, index) => encodeEvent(event, metadata[index] ?? '')),
  );
};

/** Messages in parts that servers take, the first one with what stands before them, the last one marked as such. */
export const inParts = (before: readonly Buffer[], messages: readonly Buffer[]): readonly Buffer[] => {
  const parts: Buffer[] = [];
  let fields: Buffer[] = [...before];
  let bytes = 0;
  for (const message of messages) {
    if (bytes > 0 && bytes + message.length > PART_BYTES_MAX) {
      parts.push(Buffer.concat(fields));
      fields = [];
      bytes = 0;
    }
    fields.push(message);
    bytes += message.length;
  }
  parts.push(Buffer.concat([...fields, IS_FINAL]));
  return parts;
};

/** BatchAppendReq: correlation_id = 1 { string = 2 }, options = 2, proposed_messages = 3, is_final = 4. */
export const withCorrelation = (part: Buffer, correlationId: string): Buffer =>
  Buffer.concat([bytesField(tagOf(1, DELIMITED), textField(tagOf(2, DELIMITED), correlationId)), part]);

const IS_FINAL = Buffer.from([tagOf(4, VARINT), 1]);

/**
 * Options: stream_identifier = 1 { stream_name = 3 }, stream_position = 2, no_stream = 3, any = 4, stream_exists = 5,
 * deadline = 7 { seconds = 1, nanos = 2 }.
 */
export const optionsOf = (stream: string, expected: ExpectedRevision, deadlineMs: number): Buffer => {
  const duration = Buffer.concat([
    bigintField(tagOf(1, VARINT), BigInt(Math.floor(deadlineMs / 1_000))),
    bigintField(tagOf(2, VARINT), BigInt(Math.floor(deadlineMs % 1_000) * 1_000_000)),
  ]);
  return Buffer.concat([
    bytesField(tagOf(1, DELIMITED), textField(tagOf(3, DELIMITED), stream)),
    expectationOf(expected),
    bytesField(tagOf(7, DELIMITED), duration),
  ]);
};

const expectationOf = (expected: ExpectedRevision): Buffer => {
  switch (expected) {
    case 'no-stream':
      return Buffer.from([tagOf(3, DELIMITED), 0]);
    case 'any':
      return Buffer.from([tagOf(4, DELIMITED), 0]);
    case 'stream-exists':
      return Buffer.from([tagOf(5, DELIMITED), 0]);
    default:
      return bigintField(tagOf(2, VARINT), expected);
  }
};

/** ProposedMessage: id = 1 { string = 2 }, metadata = 2, custom_metadata = 3, data = 4. */
export const encodeEvent = ({ id, type, dataJson }: EncodedEvent, metadata: string): Buffer => {
  const properties = propertiesOf(type);
  const dataSize = Buffer.byteLength(dataJson);
  const metadataSize = Buffer.byteLength(metadata);
  const size = fieldSize(fieldSize(UUID_LENGTH)) + properties.length + fieldSize(metadataSize) + fieldSize(dataSize);
  const writer = new WireWriter(fieldSize(size));
  writer.head(tagOf(3, DELIMITED), size);
  writer.head(tagOf(1, DELIMITED), fieldSize(UUID_LENGTH));
  writer.head(tagOf(2, DELIMITED), UUID_LENGTH);
  writer.text(id, UUID_LENGTH);
  writer.raw(properties);
  writer.head(tagOf(3, DELIMITED), metadataSize);
  writer.text(metadata, metadataSize);
  writer.head(tagOf(4, DELIMITED), dataSize);
  writer.text(dataJson, dataSize);
  return writer.bytes;
};

const properties = new Map<string, Buffer>();

/** The entries for type and kind of content, made once for each type. */
const propertiesOf = (type: string): Buffer => {
  const known = properties.get(type);
  if (known) return known;
  const made = Buffer.concat([propertyOf('type', type), propertyOf('content-type', 'application/json')]);
  if (properties.size < TYPES_MAX) properties.set(type, made);
  return made;
};

const propertyOf = (key: string, value: string): Buffer =>
  bytesField(tagOf(2, DELIMITED), Buffer.concat([textField(tagOf(1, DELIMITED), key), textField(tagOf(2, DELIMITED), value)]));
