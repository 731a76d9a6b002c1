// Fits the bytes of events into the events file, whose columns hold JSON text; other bytes go to a second table.
import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { ProposedEvent } from '../semantics/log-event.js';

/** Bytes that are no JSON text: binary data, broken JSON, metadata that is no object. The key is the position. */
export const CREATE_RAW_EVENTS = `
  CREATE TABLE IF NOT EXISTS raw_events (
    position INTEGER PRIMARY KEY, is_json INTEGER NOT NULL, data BLOB NOT NULL, metadata BLOB NOT NULL, checksum INTEGER NOT NULL
  ) STRICT`;

/** Metadata columns that mark the row: JSON objects for the embedded store, in a form that no serialiser writes. */
const NO_METADATA = '{ }';
const RAW = '{ "$raw": true }';

export interface StoredForm {
  readonly dataJson: string;
  readonly metadataJson: string;
  /** True: the bytes are stored in `raw_events`. */
  readonly isRaw: boolean;
}

export const storedForm = ({ isJson, data, metadata }: ProposedEvent): StoredForm => {
  const dataJson = isJson ? jsonText(data) : undefined;
  const metadataJson = metadata.length === 0 ? NO_METADATA : metadataText(metadata);
  return dataJson === undefined || metadataJson === undefined
    ? { dataJson: 'null', metadataJson: RAW, isRaw: true }
    : { dataJson, metadataJson, isRaw: false };
};

export const isRaw = (metadataJson: string): boolean => metadataJson === RAW;

/** The bytes of a row that is not raw. */
export const bytesOf = (dataJson: string, metadataJson: string): Pick<ProposedEvent, 'isJson' | 'data' | 'metadata'> => ({
  isJson: true,
  data: Buffer.from(dataJson),
  metadata: metadataJson === NO_METADATA ? EMPTY : Buffer.from(metadataJson),
});

/** The checksum of the second row: that of the event's row does not cover it. */
export const rawChecksum = (position: number, { isJson, data, metadata }: Pick<ProposedEvent, 'isJson' | 'data' | 'metadata'>): number =>
  crc32(metadata, crc32(data, crc32(`${position} ${isJson} ${data.length}`)));

const EMPTY = Buffer.alloc(0);

const jsonText = (bytes: Buffer): string | undefined => {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString();
  return parsed(text) === undefined ? undefined : text;
};

const metadataText = (bytes: Buffer): string | undefined => {
  const text = jsonText(bytes);
  if (text === undefined || text === NO_METADATA || text === RAW) return undefined;
  const value = parsed(text);
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? text : undefined;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The bytes are not JSON, whatever the writer claims: they are kept unchanged.
    return undefined;
  }
};
