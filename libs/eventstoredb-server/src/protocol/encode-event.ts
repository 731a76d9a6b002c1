// Bytes of a ReadResp that holds an event. Written by hand because every event read passes through here.
import type { LogEvent } from '../log/log-event.js';
import { uuidBits } from './uuid.js';
import { wireRevision } from './wire.js';

const TICKS_PER_MS = 10_000n;

/** What one answer carries: the event, or a link with the event it points at, if that is still there. */
export interface ReadEvent {
  readonly event: LogEvent | undefined;
  readonly link: LogEvent | undefined;
}

/** The whole message of field numbers in streams.proto: ReadResp { event = 1 { event = 1, link = 2, commit_position = 3 } }. */
export const encodeReadEvent = ({ event, link }: ReadEvent, isUuidStructured: boolean): Buffer => {
  const parts: Buffer[] = [];
  if (event) pushDelimited(parts, 1, encodeRecordedEvent(event, isUuidStructured));
  if (link) pushDelimited(parts, 2, encodeRecordedEvent(link, isUuidStructured));
  const place = link ?? event;
  if (place) parts.push(Buffer.from([tag(3, VARINT), ...varint(BigInt(place.position))]));
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag(1, DELIMITED), ...varint(BigInt(content.length))]), content]);
};

const VARINT = 0;
const DELIMITED = 2;

const encodeRecordedEvent = (event: LogEvent, isUuidStructured: boolean): Buffer => {
  const position = varint(BigInt(event.position));
  const parts: Buffer[] = [];
  pushDelimited(parts, 1, encodeUuid(event.id, isUuidStructured));
  pushDelimited(parts, 2, delimited(3, Buffer.from(event.stream)));
  parts.push(
    Buffer.from([tag(3, VARINT), ...varint(BigInt(wireRevision(event.revision))), tag(4, VARINT), ...position, tag(5, VARINT), ...position]),
  );
  pushDelimited(parts, 6, entry('type', event.type));
  pushDelimited(parts, 6, entry('created', String(BigInt(event.recordedAtMs) * TICKS_PER_MS)));
  pushDelimited(parts, 6, entry('content-type', event.isJson ? 'application/json' : 'application/octet-stream'));
  pushDelimited(parts, 7, event.metadata);
  pushDelimited(parts, 8, event.data);
  return Buffer.concat(parts);
};

const encodeUuid = (id: string, isStructured: boolean): Buffer => {
  if (!isStructured) return delimited(2, Buffer.from(id));
  const { high, low } = uuidBits(id);
  return delimited(1, Buffer.from([tag(1, VARINT), ...varint(high), tag(2, VARINT), ...varint(low)]));
};

const entry = (key: string, value: string): Buffer => Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, Buffer.from(value))]);

const delimited = (field: number, bytes: Buffer): Buffer => {
  const parts: Buffer[] = [];
  pushDelimited(parts, field, bytes);
  return Buffer.concat(parts);
};

const pushDelimited = (parts: Buffer[], field: number, bytes: Buffer): void => {
  parts.push(Buffer.from([tag(field, DELIMITED), ...varint(BigInt(bytes.length))]), bytes);
};

const tag = (field: number, wireType: number): number => (field << 3) | wireType;

const varint = (value: bigint): readonly number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
};
