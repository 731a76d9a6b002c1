// Folds parked events again, in order, after whatever had made them fail was fixed.
import { throwIfAborted, type EventReader, type Position, type RecordedEvent, type Revision, type StreamName } from '@mainstem/event-store';
import type { ParkedEvent } from '../read-store/read-store.js';
import type { BatchWriter, Replayed, ReplayedEvent } from './batch-writer.js';
import { BatchRefused, reasonOf, type Poison } from './failures.js';
import type { OpenGeneration } from './open-generation.js';
import { isStreamKey, PARKED_ERROR_LENGTH_MAX } from './parking.js';

const PAGE_SIZE = 500;

export interface ReplayOptions {
  readonly reader: EventReader;
  /** Only this key; default all. */
  readonly key?: string | undefined;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ReplayResult {
  /** Parked events that were folded. */
  readonly replayed: number;
  /** Parked events that are left, of all keys. */
  readonly stillParked: number;
}

/**
 * Replays key by key, each in the order of its events, up to the first event of a key that fails again: it keeps its place, with the
 * new error. Settled events and their effects are committed together. Whole streams come first: their events may belong to documents
 * that wait themselves, and line up there. Errors: those of the stores; then the generation has to be opened again.
 */
export const replayParked = async (writer: BatchWriter, open: OpenGeneration, options: ReplayOptions): Promise<ReplayResult> => {
  const { key } = options;
  const keys = (): string[] => [...open.parkedKeys.keys()].filter((parked) => key === undefined || parked === key).sort();
  let replayed = 0;
  for (const stream of keys().filter(isStreamKey)) replayed += await replayKey(writer, open, stream, options);
  for (const document of keys().filter((parked) => !isStreamKey(parked))) replayed += await replayKey(writer, open, document, options);
  return { replayed, stillParked: [...open.parkedKeys.values()].reduce((sum, count) => sum + count, 0) };
};

const replayKey = async (writer: BatchWriter, open: OpenGeneration, key: string, options: ReplayOptions): Promise<number> => {
  let settled = 0;
  let limit = PAGE_SIZE;
  for (;;) {
    throwIfAborted(options.signal, 'replayParked');
    const page = await open.session.parked({ key, limit });
    if (page.length === 0) return settled;
    const result = await replayPage(writer, open, key, page, options);
    if (result === 'refused') {
      limit = 1; // one by one, to find the event that cannot be written
      continue;
    }
    settled += result.settled;
    if (result.poison) {
      await noteFailure(open, page[result.settled], result.poison);
      return settled;
    }
  }
};

const replayPage = async (
  writer: BatchWriter,
  open: OpenGeneration,
  key: string,
  page: readonly ParkedEvent[],
  { reader, nowMs, signal }: ReplayOptions,
): Promise<Replayed | 'refused'> => {
  const events = await readAgain(reader, page, signal);
  try {
    return await writer.replay(open, key, events, nowMs);
  } catch (error) {
    if (!(error instanceof BatchRefused)) throw error;
    open.dropCaches(); // nothing was written, but totals in memory have moved
    const [first] = events;
    return page.length > 1 || !first ? 'refused' : { settled: 0, poison: { event: first.event, key, error: error.cause } };
  }
};

const readAgain = async (reader: EventReader, page: readonly ParkedEvent[], signal: AbortSignal | undefined): Promise<ReplayedEvent[]> => {
  const found = new Map<Position, RecordedEvent>();
  for (const { stream, from, count } of runsOf(page)) {
    for await (const events of reader.readStream(stream, { from, limit: count, ...(signal && { signal }) })) {
      for (const event of events) found.set(event.position, event);
    }
  }
  return page.map((parked) => {
    const event = found.get(parked.position);
    if (!event) throw new RangeError(`the parked event at position ${parked.position} (${parked.stream}) is not in the event store any more`);
    return { parked, event };
  });
};

interface Run {
  readonly stream: StreamName;
  readonly from: Revision;
  count: number;
}

/** Neighbours in a stream, to be read together. */
const runsOf = (page: readonly ParkedEvent[]): readonly Run[] => {
  const runs: Run[] = [];
  for (const { stream, revision } of page) {
    const last = runs.at(-1);
    if (last?.stream === stream && revision === last.from + BigInt(last.count)) last.count++;
    else runs.push({ stream, from: revision, count: 1 });
  }
  return runs;
};

const noteFailure = async (open: OpenGeneration, parked: ParkedEvent | undefined, poison: Poison): Promise<void> => {
  if (!parked) return;
  const checkpoint = open.move(open.position, open.digest);
  await open.session.commit({ changes: [], checkpoint, park: [{ ...parked, error: reasonOf(poison.error).slice(0, PARKED_ERROR_LENGTH_MAX) }] });
  open.committedTo(checkpoint, {});
};
