// Pages of recorded events through one reading connection, with bounds for count, memory and time on the thread.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EventFilter, EventId, Revision, StreamName } from '@mainstem/event-store';
import { LazyRecordedEvent } from '@mainstem/event-store/adapter';
import { DamagedEvent, eventChecksum } from './event-checksum.js';
import { Names } from './names.js';
import { isOfServer, isServed, ServedEvent } from './served-event.js';
import { wantedBy, type Wanted } from './wanted.js';

/** A page ends early when it holds this many UTF-16 units of JSON: this bounds memory for events of any size. */
const PAGE_SIZE_MAX = 16 * 1_048_576;
/** A statement looks at no more positions than this: the thread is free after 10 ms, even if matches are rare. */
const SCAN_POSITIONS_MAX = 20_000;
const STATEMENTS_MAX = 64;
/** The number of rows in one fetch; single fetches cost twice as much. The first few rows show how large events are. */
const FETCH_ROWS_MAX = 256;
const FIRST_FETCH_ROWS = 16;

const PLACE_COLUMNS = 'e.position, e.id, e.stream, e.revision, e.type, e.recorded_at';
const COLUMNS = `${PLACE_COLUMNS}, e.data, e.metadata, e.checksum`;

/** The last three are present if the payload is needed. */
type Row = readonly [number, EventId, number, number, number, number, string?, string?, number?];

export interface StreamScan {
  readonly stream: StreamName;
  readonly isBackwards: boolean;
  /** Inclusive; undefined is the beginning in the direction of reading. */
  readonly from: Revision | undefined;
  readonly limit: number;
}

export interface AllScan {
  readonly isBackwards: boolean;
  /** Exclusive; the end of the last page. */
  readonly after: bigint;
  /** Inclusive; the end of the reading. */
  readonly until: bigint;
  readonly limit: number;
  readonly filter: EventFilter;
  readonly needsPayload: boolean;
}

export interface Page {
  readonly events: readonly LazyRecordedEvent[];
  /** This page and earlier ones hold every wanted event up to and including this position. */
  readonly reached: bigint;
  /** The size of payloads and metadata in UTF-16 units. */
  readonly size: number;
}

export interface StreamPage {
  readonly events: readonly LazyRecordedEvent[];
  /** Id of the last event read, shown or not; undefined if there was none. */
  readonly reached: bigint | undefined;
  /** Nothing lay beyond at the time of reading. */
  readonly isLast: boolean;
}

interface Collected {
  readonly events: LazyRecordedEvent[];
  /** The number of rows read, including those of the protocol server. */
  readonly rows: number;
  readonly last: Row | undefined;
  readonly size: number;
  /** True if it ended because of its size. */
  readonly isCut: boolean;
}

export class EventPages {
  readonly #database: DatabaseSync;
  readonly #streams: Names;
  readonly #types: Names;
  readonly #selectHead: StatementSync;
  readonly #selectPlace: StatementSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#streams = new Names(database, 'streams');
    this.#types = new Names(database, 'types');
    this.#selectHead = database.prepare('SELECT max(position) AS value FROM events');
    this.#selectPlace = database.prepare(`SELECT ${PLACE_COLUMNS} FROM events AS e WHERE e.position = ?`);
    this.#selectPlace.setReturnArrays(true);
  }

  /** Position of the last event, 0 if there is none. */
  head(): bigint {
    const value = this.#selectHead.get()?.['value'];
    return typeof value === 'number' ? BigInt(value) : 0n;
  }

  /** Id of the event at a position; undefined if there is none, or one of the protocol server's own. */
  idAt(position: bigint): EventId | undefined {
    const row = this.#selectPlace.get(position) as unknown as Row | undefined;
    if (!row) return undefined;
    const { id, stream, type } = this.#eventOf(row);
    return isOfServer(stream, type) ? undefined : id;
  }

  /** The next events of a stream; empty at its end. */
  ofStream({ stream, isBackwards, from, limit }: StreamScan): StreamPage {
    const id = this.#streams.idOf(stream);
    if (id === undefined) return { events: [], reached: undefined, isLast: true };
    const [comparison, order] = isBackwards ? ['<=', 'DESC'] : ['>=', 'ASC'];
    const statement = this.#statement(
      `SELECT ${COLUMNS} FROM events AS e WHERE e.stream = ? AND e.revision ${comparison} ? ORDER BY e.revision ${order} LIMIT ?`,
    );
    const start = from ?? (isBackwards ? INT64_MAX : 0n);
    const step = isBackwards ? -1 : 1;
    const { events, rows, last, isCut } = this.#collect(limit, (before, count) => statement.all(id, before ? before[REVISION] + step : start, count));
    return { events, reached: last && BigInt(last[REVISION]), isLast: !isCut && rows < limit };
  }

  /** The next wanted events of all streams, from a limited range. If it ends before `until`, go on from `reached`. */
  ofAll({ isBackwards, after, until, limit, filter, needsPayload }: AllScan): Page {
    const wanted = wantedBy(filter, this.#types);
    if (!wanted.isPossible) return { events: [], reached: until, size: 0 };
    const end = isBackwards ? larger(until, after - BigInt(SCAN_POSITIONS_MAX)) : smaller(until, after + BigInt(SCAN_POSITIONS_MAX));
    const statement = this.#statement(scanOf(wanted, { isBackwards, needsPayload }));
    const { events, rows, last, size, isCut } = this.#collect(limit, (before, count) =>
      statement.all(before ? before[POSITION] : after, end, ...wanted.parameters, count),
    );
    const reached = last && (isCut || rows === limit) ? BigInt(last[POSITION]) : end;
    // Positions are dense: a reader of all of them would not notice a missing one otherwise.
    if (wanted.condition === '' && distance(after, reached) !== BigInt(rows)) throw new DamagedEvent(reached, 'or one before it is missing');
    return { events, reached, size };
  }

  /** Fetches up to `limit` rows in steps; each step continues after the last row. */
  #collect(limit: number, fetch: (last: Row | undefined, rows: number) => readonly unknown[]): Collected {
    const events: LazyRecordedEvent[] = [];
    let size = 0;
    let count = 0;
    let last: Row | undefined;
    while (count < limit) {
      const wanted = Math.min(limit - count, rowsToFetch(count, size));
      const rows = fetch(last, wanted) as readonly Row[];
      for (const row of rows) {
        const event = this.#eventOf(row);
        count++;
        last = row;
        size += event.size;
        if (!isOfServer(event.stream, event.type)) events.push(event);
        if (size >= PAGE_SIZE_MAX) return { events, rows: count, last, size, isCut: true };
      }
      if (rows.length < wanted) break;
    }
    return { events, rows: count, last, size, isCut: false };
  }

  #eventOf([position, id, streamId, revision, typeId, recordedAtMs, dataJson, metadataJson, checksum]: Row): LazyRecordedEvent {
    const stream = this.#streams.nameOf(streamId) as StreamName;
    const type = this.#types.nameOf(typeId);
    // Of every event that is read, even without its payload: a damaged type or stream would make it another event.
    if (dataJson !== undefined && metadataJson !== undefined) {
      if (eventChecksum({ position, id, stream, revision, type, recordedAtMs, dataJson, metadataJson }) !== checksum)
        throw new DamagedEvent(position);
    }
    const stored = { id, stream, revision, position, type, recordedAtMs, dataJson, metadataJson };
    return isServed(metadataJson) ? new ServedEvent(stored) : new LazyRecordedEvent(stored);
  }

  /** Prepared once; the oldest statement is dropped when there are too many. */
  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const oldest = this.#statements.keys().next();
    if (this.#statements.size >= STATEMENTS_MAX && !oldest.done) this.#statements.delete(oldest.value);
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** The number of rows that fit into the page if the next rows are as large as those before. */
const rowsToFetch = (events: number, size: number): number =>
  events === 0 ? FIRST_FETCH_ROWS : Math.max(1, Math.min(FETCH_ROWS_MAX, Math.floor(((PAGE_SIZE_MAX - size) * events) / Math.max(size, 1))));

const INT64_MAX = 2n ** 63n - 1n;
const POSITION = 0;
const REVISION = 3;

// CROSS JOIN fixes the order for SQLite: first events by position, then their streams.
const scanOf = ({ condition, needsStreams }: Wanted, { isBackwards, needsPayload }: Pick<AllScan, 'isBackwards' | 'needsPayload'>): string => {
  const from = needsStreams ? 'events AS e CROSS JOIN streams AS s ON s.id = e.stream' : 'events AS e';
  const range = isBackwards ? 'e.position < ? AND e.position >= ?' : 'e.position > ? AND e.position <= ?';
  return `SELECT ${needsPayload ? COLUMNS : PLACE_COLUMNS} FROM ${from} WHERE ${range}${condition} ORDER BY e.position ${isBackwards ? 'DESC' : 'ASC'} LIMIT ?`;
};

const smaller = (left: bigint, right: bigint): bigint => (left < right ? left : right);
const distance = (from: bigint, to: bigint): bigint => (from < to ? to - from : from - to);
const larger = (left: bigint, right: bigint): bigint => (left > right ? left : right);
