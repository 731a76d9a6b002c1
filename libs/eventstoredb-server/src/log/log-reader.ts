// Reads pages of events, each one a snapshot, with bounds for count, bytes and time on the thread.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LogFilter } from '../semantics/event-filter.js';
import { isHiddenFromAll } from '../semantics/own-streams.js';
import { isFound, TOMBSTONE_REVISION, type StreamState } from '../semantics/stream-state.js';
import { windowOf, type StreamWindow } from '../semantics/stream-window.js';
import { LINK_TYPE, type LogEvent } from '../semantics/log-event.js';
import { COLUMNS, LogLookup, type Row } from './log-lookup.js';

/** A page ends early when it holds this many bytes. */
const PAGE_BYTES_MAX = 4 * 1_048_576;

export interface StreamPageRequest {
  readonly stream: string;
  readonly isBackwards: boolean;
  /** Inclusive. */
  readonly from: number;
  readonly limit: number;
  /** True: a tombstoned stream gives its visible events and its tombstone. Default: nothing. */
  readonly showsTombstone?: boolean;
}

export interface StreamPage {
  readonly state: StreamState;
  /** In the direction of reading. */
  readonly events: readonly LogEvent[];
  /** Where the next page begins, inclusive. */
  readonly next: number;
  /** Nothing lay beyond at the time of reading. */
  readonly isEnd: boolean;
}

export interface AllPageRequest {
  readonly isBackwards: boolean;
  /** Forwards inclusive, backwards exclusive. */
  readonly from: number;
  /** The largest number of events that are looked at. */
  readonly limit: number;
  readonly filter: LogFilter | undefined;
  /** True: also events that readers of all streams do not see. Default false. */
  readonly showsHidden?: boolean;
}

export interface AllPage {
  readonly events: readonly LogEvent[];
  /** The number of events that were looked at. */
  readonly considered: number;
  readonly next: number;
  readonly isEnd: boolean;
}

export class LogReader {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #lookup: LogLookup;
  readonly #selects: Readonly<Record<'streamForwards' | 'streamBackwards' | 'allForwards' | 'allBackwards', StatementSync>>;

  constructor(database: DatabaseSync, now: () => number) {
    this.#database = database;
    this.#now = now;
    this.#lookup = new LogLookup(database);
    const prepare = (condition: string): StatementSync => {
      const statement = database.prepare(`SELECT ${COLUMNS} FROM events AS e WHERE ${condition} LIMIT ?`);
      statement.setReturnArrays(true);
      return statement;
    };
    const ofStream = 'e.stream = ? AND e.revision >= ? AND e.revision <= ? AND e.recorded_at >= ? ORDER BY e.revision';
    this.#selects = {
      streamForwards: prepare(`${ofStream} ASC`),
      streamBackwards: prepare(`${ofStream} DESC`),
      allForwards: prepare('e.position >= ? ORDER BY e.position ASC'),
      allBackwards: prepare('e.position < ? ORDER BY e.position DESC'),
    };
  }

  stateOf(stream: string): StreamState {
    return this.#snapshot(() => this.#lookup.stateOf(stream));
  }

  /** The events at these positions, in this order. Data and metadata are read for links only. */
  placesAt(positions: readonly number[]): readonly LogEvent[] {
    return this.#snapshot(() => positions.map((position) => this.#lookup.placeAt(position)));
  }

  /** Position of the last event, 0 if there is none. */
  head(): number {
    return this.#lookup.head();
  }

  streamPage(request: StreamPageRequest): StreamPage {
    return this.#snapshot(() => {
      const state = this.#lookup.stateOf(request.stream);
      const isShown = state.isTombstoned ? request.showsTombstone === true : isFound(state);
      if (!isShown) return { state, events: [], next: request.from, isEnd: true };
      const window = windowOf(state, this.#now());
      if (!state.isTombstoned) return { state, ...this.#ofStream(request, state.last, window) };
      const from = isFound(state) ? window.from : TOMBSTONE_REVISION;
      return { state, ...this.#ofStream(request, TOMBSTONE_REVISION, { ...window, from }) };
    });
  }

  allPage({ isBackwards, from, limit, filter, showsHidden = false }: AllPageRequest): AllPage {
    const statement = isBackwards ? this.#selects.allBackwards : this.#selects.allForwards;
    const events: LogEvent[] = [];
    let considered = 0;
    let bytes = 0;
    let next = from;
    const fetch = (_: Row | undefined, rows: number): unknown => statement.all(next, rows);
    for (const row of inPieces(limit, fetch)) {
      considered++;
      next = isBackwards ? row[0] : row[0] + 1;
      if (!this.#isWanted(row, filter, showsHidden)) continue;
      const event = this.#lookup.eventOf(row);
      events.push(event);
      bytes += event.data.length + event.metadata.length;
      if (bytes >= PAGE_BYTES_MAX) return { events, considered, next, isEnd: false };
    }
    return { events, considered, next, isEnd: considered < limit };
  }

  /** The event that a link points at; undefined if it is no longer shown. */
  resolve(link: LogEvent): LogEvent | undefined {
    const { revision, stream } = targetOf(link) ?? NOWHERE;
    return this.#snapshot(() => {
      const state = this.#lookup.stateOf(stream);
      const window = windowOf(state, this.#now());
      if (!isFound(state) || state.isTombstoned || !(revision >= window.from)) return undefined;
      const event = this.#lookup.eventAt(stream, revision);
      return event && event.recordedAtMs >= window.recordedFromMs ? event : undefined;
    });
  }

  #ofStream({ stream, isBackwards, from, limit }: StreamPageRequest, last: number, window: StreamWindow): Omit<StreamPage, 'state'> {
    const id = this.#lookup.streams.idOf(stream) ?? -1;
    const [lowest, highest] = isBackwards ? [window.from, Math.min(from, last)] : [Math.max(from, window.from), last];
    const statement = isBackwards ? this.#selects.streamBackwards : this.#selects.streamForwards;
    const events: LogEvent[] = [];
    let bytes = 0;
    let isCut = false;
    const fetch = (last: Row | undefined, rows: number): unknown => {
      const place = last?.[3];
      const [low, high] = place === undefined ? [lowest, highest] : isBackwards ? [lowest, place - 1] : [place + 1, highest];
      return statement.all(id, low, high, window.recordedFromMs, rows);
    };
    for (const row of inPieces(limit, fetch)) {
      const event = this.#lookup.eventOf(row);
      events.push(event);
      bytes += event.data.length + event.metadata.length;
      isCut = bytes >= PAGE_BYTES_MAX;
      if (isCut) break;
    }
    const end = events.at(-1);
    if (isCut || events.length === limit) return { events, next: (end?.revision ?? from) + (isBackwards ? -1 : 1), isEnd: false };
    return { events, next: isBackwards ? -1 : Math.max(from, last + 1), isEnd: true };
  }

  #isWanted([, , stream, , type]: Row, filter: LogFilter | undefined, showsHidden: boolean): boolean {
    const name = this.#lookup.streams.nameOf(stream);
    if (!showsHidden && isHiddenFromAll(name)) return false;
    return filter === undefined || filter.isMatch(name, this.#lookup.types.nameOf(type));
  }

  #snapshot<Result>(read: () => Result): Result {
    this.#database.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#database.exec('COMMIT');
    }
  }
}

/** The number of rows in one fetch; single fetches cost twice as much. The first few rows show how large events are. */
const FETCH_ROWS_MAX = 256;
const FIRST_FETCH_ROWS = 4;

/** Up to `limit` rows. Each fetch continues after the last row, and needs no more memory than a page may have. */
function* inPieces(limit: number, fetch: (last: Row | undefined, rows: number) => unknown): Generator<Row> {
  let count = 0;
  let size = 0;
  for (let last: Row | undefined; count < limit;) {
    const wanted = Math.min(limit - count, rowsToFetch(count, size));
    const rows = fetch(last, wanted) as readonly Row[];
    for (const row of rows) {
      count++;
      size += row[6].length + row[7].length;
      yield row;
    }
    if (rows.length < wanted) return;
    last = rows.at(-1);
  }
}

/** The number of rows that fit into a page if the next ones are as large as those before. */
const rowsToFetch = (count: number, size: number): number =>
  count === 0 ? FIRST_FETCH_ROWS : Math.max(1, Math.min(FETCH_ROWS_MAX, Math.floor((PAGE_BYTES_MAX * count) / Math.max(size, 1))));

/** An event that has the type of a link but no target is an ordinary event. */
export const isLink = (event: LogEvent): boolean => event.type === LINK_TYPE && targetOf(event) !== undefined;

interface LinkTarget {
  readonly revision: number;
  readonly stream: string;
}

const NOWHERE: LinkTarget = { revision: -1, stream: '' };

/** `revision@stream`. */
const targetOf = ({ data }: LogEvent): LinkTarget | undefined => {
  const [, revision, stream = ''] = /^(\d+)@([^]*)$/.exec(data.toString()) ?? [];
  if (revision === undefined) return undefined;
  return { revision: Number(revision) < TOMBSTONE_REVISION ? Number(revision) : NOWHERE.revision, stream };
};
