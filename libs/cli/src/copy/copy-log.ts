// Copies the events of one log into another one, page by page: the next page is read while one is written.
import { isMainstemError, type EventReader, type Position, type RecordedEvent } from '@mainstem/event-store';
import { eventCopyOf, type CopyTarget, type EventCopy } from '@mainstem/event-store/adapter';
import type { CopyStart } from './copy-start.js';

/** Bounds of one write, in UTF-16 units of JSON and in events; a larger event still goes. */
const WRITE_SIZE_MAX = 4 * 1_048_576;
const WRITE_EVENTS_MAX = 5_000;
const PAGE_EVENTS_MAX = 5_000;

export interface CopyOptions {
  readonly source: EventReader;
  readonly target: CopyTarget;
  readonly start: CopyStart;
  /** Go on at the end of the source until the signal fires. Otherwise the copy ends where the source ended first. */
  readonly isFollowing: boolean;
  /** Ends the copy after the write on its way. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  /** Copied in this run. */
  readonly events: number;
  readonly streams: number;
  /** Place in the source, and its end when the copy began. */
  readonly position: Position | undefined;
  readonly head: Position | undefined;
  readonly isCaughtUp: boolean;
}

/** What this run has copied. Errors: EVENT_STORE_NOT_COPYABLE, those of the stores. */
export const copyLog = async ({ source, target, start, isFollowing, signal, onProgress }: CopyOptions): Promise<CopyProgress> => {
  let progress: CopyProgress = { events: 0, streams: 0, position: start.after, head: undefined, isCaughtUp: false };
  let end = start.end;
  const ending = new AbortController();
  const reading = AbortSignal.any([signal, ending.signal]);
  try {
    const head = await source.head(signal);
    progress = { ...progress, head, isCaughtUp: head === undefined };
    const pages = isFollowing ? followed(source, start.after, reading) : upTo(source, start.after, head, reading);
    for await (const page of oneAhead(pages)) {
      for (const events of writes(page.events)) {
        if (signal.aborted) return progress;
        end = await target.appendCopies(copiesOf(events), { after: end });
        progress = advanced(progress, events);
        onProgress(progress);
      }
      progress = { ...progress, isCaughtUp: page.isCaughtUp };
      onProgress(progress);
    }
    return progress;
  } catch (error) {
    if (signal.aborted && isMainstemError(error, 'EVENT_STORE_ABORTED')) return progress;
    throw error;
  } finally {
    ending.abort();
  }
};

interface Page {
  readonly events: readonly RecordedEvent[];
  readonly isCaughtUp: boolean;
}

async function* upTo(source: EventReader, after: Position | undefined, head: Position | undefined, signal: AbortSignal): AsyncGenerator<Page> {
  if (head === undefined) return;
  for await (const events of source.readAll({ after, batchSizeMax: PAGE_EVENTS_MAX, signal })) {
    const last = events.at(-1);
    const isBeyond = last !== undefined && last.position > head;
    yield { events: isBeyond ? events.filter(({ position }) => position <= head) : events, isCaughtUp: false };
    if (isBeyond) break;
  }
  yield { events: [], isCaughtUp: true };
}

const followed = (source: EventReader, after: Position | undefined, signal: AbortSignal): AsyncIterable<Page> =>
  source.subscribe({ after, batchSizeMax: PAGE_EVENTS_MAX, signal });

/** Asks for the next page when it hands one out. At most two are in memory. */
async function* oneAhead(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
  const iterator = pages[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<Page>> => {
    const asked = iterator.next();
    // The loop that waits for it is told; it may fail before the loop waits.
    asked.catch(() => undefined);
    return asked;
  };
  for (let next = ask(); ;) {
    const { done, value } = await next;
    if (done) return;
    next = ask();
    yield value;
  }
}

/** The events of a page in pieces that one write takes. */
function* writes(events: readonly RecordedEvent[]): Generator<readonly RecordedEvent[]> {
  let piece: RecordedEvent[] = [];
  let size = 0;
  for (const event of events) {
    const added = sizeOf(event);
    if (piece.length > 0 && (size + added > WRITE_SIZE_MAX || piece.length >= WRITE_EVENTS_MAX)) {
      yield piece;
      piece = [];
      size = 0;
    }
    piece.push(event);
    size += added;
  }
  if (piece.length > 0) yield piece;
}

const sizeOf = (event: RecordedEvent): number => ('size' in event && typeof event.size === 'number' ? event.size : 0);

const copiesOf = (events: readonly RecordedEvent[]): readonly EventCopy[] => events.map(eventCopyOf);

const advanced = ({ events: copied, streams, ...progress }: CopyProgress, events: readonly RecordedEvent[]): CopyProgress => ({
  ...progress,
  events: copied + events.length,
  // Every stream has one first event.
  streams: streams + events.filter(({ revision }) => revision === 0n).length,
  position: events.at(-1)?.position,
});
