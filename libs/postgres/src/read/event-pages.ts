// Pages of recorded events, each from one statement.
import { EventStoreRestored, type EventFilter, type EventId, type EventMark, type Position, type StreamName } from '@mainstem/event-store';
import { LazyRecordedEvent } from '@mainstem/event-store/adapter';
import type { Reads, Row } from '../server/sessions.js';
import { allStatement, FILTER_PARAMETER, headStatement, idStatement, PAGE_BYTES_MAX, streamStatement, type StreamScan } from './page-statements.js';
import { wantedBy } from './wanted.js';

/** For each event that a page may hold, it looks at so many positions before it asks an index. */
const SCANNED_PER_EVENT = 4;
const SCANNED_MIN = 4_000n;
/** Positions that a page looks at where no index finds exactly what is wanted. */
const SEARCHED_MAX = 100_000n;
/** Below this share of wanted events an index is faster than a look at all of them. */
const DENSE = 0.1;

export interface AllReading {
  readonly operation: string;
  readonly isBackwards: boolean;
  readonly filter: EventFilter;
  readonly needsPayload: boolean;
}

export interface Page {
  readonly events: readonly LazyRecordedEvent[];
  /** This page and earlier ones hold every wanted event up to and including this position. */
  readonly reached: bigint;
  /** The last event of the log; undefined if it is empty. */
  readonly head: EventMark | undefined;
}

export interface StreamPage {
  readonly events: readonly LazyRecordedEvent[];
  /** Nothing lay beyond at the time of reading. */
  readonly isLast: boolean;
}

export class EventPages {
  readonly #reads: Reads;
  readonly #schema: string;

  constructor(reads: Reads) {
    this.#reads = reads;
    this.#schema = reads.schema;
  }

  /** Position of the last event, 0 if there is none. */
  async head(operation: string, signal?: AbortSignal): Promise<bigint> {
    const [row] = await this.#reads.read(operation, headStatement(this.#schema), signal);
    return BigInt(row?.[0] ?? 0);
  }

  async idAt(position: bigint, signal?: AbortSignal): Promise<EventId | undefined> {
    const [row] = await this.#reads.read('idAt', idStatement(this.#schema, position), signal);
    return (row?.[0] ?? undefined) as EventId | undefined;
  }

  /** The next events of a stream; empty at its end. */
  async ofStream(scan: StreamScan, signal: AbortSignal | undefined): Promise<StreamPage> {
    const rows = await this.#reads.read('readStream', streamStatement(this.#schema, scan), signal);
    const events = rows.map(eventOf);
    return { events, isLast: events.length < scan.limit && !isCut(events) };
  }

  ofAll(reading: AllReading): AllPages {
    return new AllPages(this.#reads, reading);
  }
}

/** The pages of one reading of all streams. It learns whether an index helps. */
export class AllPages {
  readonly #reads: Reads;
  readonly #reading: AllReading;
  #isSparse = false;
  /** The last event up to the end of the last page, if it is known. */
  #mark: EventMark | undefined;

  constructor(reads: Reads, reading: AllReading) {
    this.#reads = reads;
    this.#reading = reading;
  }

  /**
   * The page beyond `after`. If it does not reach the head, go on from `reached`. Errors: EVENT_STORE_RESTORED if the
   * event at `after`, which an earlier page has reached, is not there any more.
   */
  async next(after: bigint, limit: number, signal: AbortSignal | undefined): Promise<Page> {
    const { operation, isBackwards, needsPayload, filter } = this.#reading;
    const wanted = wantedBy(filter, FILTER_PARAMETER, this.#isSparse);
    const until = this.#end(after, limit, wanted.condition === '' && !wanted.index, wanted.index?.isExact);
    const scan = { isBackwards, needsPayload, after, until, limit: wanted.isPossible ? limit : 0 };
    const rows = await this.#reads.read(operation, allStatement(this.#reads.schema, scan, wanted), signal);
    const [end, ...found] = inOrder(rows, isBackwards);
    const head = end && { position: BigInt(end[0] ?? 0) as Position, id: end[1] as EventId };
    this.#assertSame(after, end?.[2]);
    const events = found.map(eventOf);
    const isFull = wanted.isPossible && (events.length >= limit || isCut(events));
    const last = events.at(-1);
    const reached = isFull && last ? last.position : this.#passed(after, until, wanted.isPossible, head);
    this.#isSparse = events.length < DENSE * Number(distance(after, reached));
    this.#remember(reached, head, last);
    return { events, reached, head };
  }

  /**
   * How far this page looks. Positions count events, so for all of them as many positions will do: a server that does
   * not know the table yet would sort whatever is in the range.
   */
  #end(after: bigint, limit: number, isEverything: boolean, isExact: boolean | undefined): bigint {
    const { isBackwards } = this.#reading;
    if (isExact === true || (isEverything && this.#isSparse)) return isBackwards ? 1n : INT64_MAX;
    const positions = isEverything ? BigInt(limit) : isExact === false ? SEARCHED_MAX : larger(SCANNED_MIN, BigInt(limit * SCANNED_PER_EVENT));
    return isBackwards ? larger(1n, after - positions) : smaller(INT64_MAX, after + positions);
  }

  /** Where a page stands that has found all there was. */
  #passed(after: bigint, until: bigint, isPossible: boolean, head: EventMark | undefined): bigint {
    if (this.#reading.isBackwards) return isPossible ? until : 1n;
    const end = isPossible ? smaller(until, head?.position ?? 0n) : (head?.position ?? 0n);
    return larger(after, end);
  }

  #assertSame(after: bigint, id: string | null | undefined): void {
    if (this.#mark?.position === after && this.#mark.id !== id) throw new EventStoreRestored(this.#reading.operation, after);
  }

  #remember(reached: bigint, head: EventMark | undefined, last: LazyRecordedEvent | undefined): void {
    if (head?.position === reached) this.#mark = head;
    else if (last?.position === reached) this.#mark = { position: last.position, id: last.id };
  }
}

const REVISION = 3;

const eventOf = ([position, id, stream, revision, type, recordedAtMs, data, metadata]: Row): LazyRecordedEvent =>
  new LazyRecordedEvent({
    id: id as EventId,
    stream: stream as StreamName,
    revision: numberOf(revision),
    position: numberOf(position),
    type: type ?? '',
    recordedAtMs: Number(recordedAtMs),
    dataJson: data ?? undefined,
    metadataJson: metadata ?? undefined,
  });

/** A number where it is exact. */
const numberOf = (text: string | null | undefined): bigint | number => {
  const digits = text ?? '';
  return digits.length <= EXACT_DIGITS ? Number(digits) : BigInt(digits);
};
const EXACT_DIGITS = 15;

/** True if the page may have ended because of its size: a UTF-16 unit is at most three bytes. */
const isCut = (events: readonly LazyRecordedEvent[]): boolean => events.reduce((sum, { size }) => sum + size, 0) * 3 >= PAGE_BYTES_MAX;

/**
 * The row of the end, and then the events. The server gives one part after the other in practice; nothing in SQL
 * promises it.
 */
const inOrder = (rows: readonly Row[], isBackwards: boolean): readonly Row[] => {
  const sign = isBackwards ? -1 : 1;
  const placeOf = (row: Row | undefined): number => (typeof row?.[REVISION] === 'string' ? Number(row[0]) * sign : -Infinity);
  let place = placeOf(rows[0]);
  let isOrdered = rows.length === 0 || place === -Infinity;
  for (let index = 1; isOrdered && index < rows.length; index++) {
    const next = placeOf(rows[index]);
    isOrdered = place < next;
    place = next;
  }
  return isOrdered ? rows : rows.toSorted((left, right) => placeOf(left) - placeOf(right));
};

const INT64_MAX = 2n ** 63n - 1n;
const smaller = (left: bigint, right: bigint): bigint => (left < right ? left : right);
const larger = (left: bigint, right: bigint): bigint => (left > right ? left : right);
const distance = (from: bigint, to: bigint): bigint => (from < to ? to - from : from - to);
