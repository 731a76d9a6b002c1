// Look-ups of streams and single events on one connection.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DamagedEvent, eventChecksum, Names } from '@mainstem/embedded/events-file';
import {
  isMetastream,
  METADATA_TYPE,
  METASTREAM_METADATA,
  metastreamOf,
  NO_METADATA,
  originalOf,
  parseMetadata,
} from '../semantics/stream-metadata.js';
import { TOMBSTONE_REVISION, UNWRITTEN, type StreamState } from '../semantics/stream-state.js';
import { LINK_TYPE, type LogEvent } from '../semantics/log-event.js';
import { bytesOf, isRaw, rawChecksum } from './stored-form.js';

/** The columns of `events AS e` that `eventOf` needs, in its order. */
export const COLUMNS = 'e.position, e.id, e.stream, e.revision, e.type, e.recorded_at, e.data, e.metadata, e.checksum';
export type Row = readonly [number, string, number, number, number, number, string, string, number];

const NO_PAYLOAD = { isJson: false, data: Buffer.alloc(0), metadata: Buffer.alloc(0) };

export class LogLookup {
  readonly streams: Names;
  readonly types: Names;
  readonly #selectLast: StatementSync;
  readonly #selectAt: StatementSync;
  readonly #selectRaw: StatementSync;
  readonly #selectPlace: StatementSync;
  readonly #selectHead: StatementSync;

  constructor(database: DatabaseSync) {
    this.streams = new Names(database, 'streams');
    this.types = new Names(database, 'types');
    this.#selectLast = database.prepare('SELECT revision FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 2');
    this.#selectAt = database.prepare(`SELECT ${COLUMNS} FROM events AS e WHERE e.stream = ? AND e.revision = ?`);
    this.#selectAt.setReturnArrays(true);
    this.#selectPlace = database.prepare('SELECT position, id, stream, revision, type, recorded_at FROM events WHERE position = ?');
    this.#selectPlace.setReturnArrays(true);
    this.#selectRaw = database.prepare('SELECT is_json, data, metadata, checksum FROM raw_events WHERE position = ?');
    this.#selectHead = database.prepare('SELECT max(position) AS value FROM events');
  }

  /** Position of the last event, 0 if there is none. */
  head(): number {
    return Number(this.#selectHead.get()?.['value'] ?? 0);
  }

  stateOf(stream: string): StreamState {
    const own = this.#numbersOf(stream);
    if (isMetastream(stream)) {
      // A metadata stream is deleted together with its stream.
      return { ...own, isTombstoned: this.#numbersOf(originalOf(stream)).isTombstoned, hasMetadata: false, metadata: METASTREAM_METADATA };
    }
    const json = this.metadataJson(stream);
    return { ...own, hasMetadata: json !== undefined, metadata: json === undefined ? NO_METADATA : parseMetadata(json) };
  }

  /** The latest metadata of a stream as written; undefined if there never was any. */
  metadataJson(stream: string): string | undefined {
    const metastream = metastreamOf(stream);
    const { last } = this.#numbersOf(metastream);
    const event = last < 0 ? undefined : this.eventAt(metastream, last);
    if (!event) return undefined;
    return event.type === METADATA_TYPE ? event.data.toString() : '{}';
  }

  eventAt(stream: string, revision: number): LogEvent | undefined {
    const id = this.streams.idOf(stream);
    const row = id === undefined ? undefined : (this.#selectAt.get(id, revision) as unknown as Row | undefined);
    return row && this.eventOf(row);
  }

  /** The event at a position; its payload is read only for a link. Errors: DamagedEvent if it is missing. */
  placeAt(position: number): LogEvent {
    const row = this.#selectPlace.get(position) as unknown as Row | undefined;
    if (!row) throw new DamagedEvent(position);
    const [, id, stream, revision, type, recordedAtMs] = row;
    const place = { position, id, stream: this.streams.nameOf(stream), revision, type: this.types.nameOf(type), recordedAtMs };
    return place.type === LINK_TYPE ? (this.eventAt(place.stream, revision) ?? { ...place, ...NO_PAYLOAD }) : { ...place, ...NO_PAYLOAD };
  }

  /** Errors: DamagedEvent if the row does not match its checksum. */
  eventOf([position, id, stream, revision, type, recordedAtMs, dataJson, metadataJson, checksum]: Row): LogEvent {
    const place = { position, id, stream: this.streams.nameOf(stream), revision, type: this.types.nameOf(type), recordedAtMs };
    if (eventChecksum({ ...place, dataJson, metadataJson }) !== checksum) throw new DamagedEvent(position);
    return isRaw(metadataJson) ? { ...place, ...this.#rawBytes(position) } : { ...place, ...bytesOf(dataJson, metadataJson) };
  }

  /** Call it after a rollback. */
  forget(): void {
    this.streams.forget();
    this.types.forget();
  }

  #numbersOf(stream: string): Pick<StreamState, 'last' | 'isTombstoned'> {
    const id = this.streams.idOf(stream);
    if (id === undefined) return UNWRITTEN;
    const [last = -1, before = -1] = this.#selectLast.all(id).map((row) => Number(row['revision']));
    return last === TOMBSTONE_REVISION ? { last: before, isTombstoned: true } : { last, isTombstoned: false };
  }

  #rawBytes(position: number): Pick<LogEvent, 'isJson' | 'data' | 'metadata'> {
    const row = this.#selectRaw.get(position);
    const bytes = (value: unknown): Buffer => (value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0));
    const raw = { isJson: row?.['is_json'] === 1, data: bytes(row?.['data']), metadata: bytes(row?.['metadata']) };
    if (rawChecksum(position, raw) !== row?.['checksum']) throw new DamagedEvent(position);
    return raw;
  }
}
