// Folds parked events again, in order, after the cause of their failure was fixed.
import { throwIfAborted, type EventReader, type Position, type RecordedEvent, type Revision, type StreamName } from '@mainstem/event-store';
import type { ParkedEvent } from '../read-store/read-store.js';
import type { BatchWriter, Replayed, ReplayedEvent } from './batch-writer.js';
import type { Poison } from '../fold/batch-refused.js';
import { reasonOf } from '../fold/failures.js';
import { narrowedBy, type Narrowing } from '../fold/narrowing.js';
import type { OpenGeneration } from '../generations/open-generation.js';
import { isStreamKey, PARKED_ERROR_LENGTH_MAX } from '../fold/parking.js';

const PAGE_SIZE = 500;

export interface ReplayOptions {
  readonly reader: EventReader;
  /** Only this key; default all. */
  readonly key?: string | undefined;
  readonly nowMs: number;
  /** Of the read store. */
  readonly hasTransactions: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ReplayResult {
  /** The number of events whose effect is there now. */
  readonly replayed: number;
  /** The number of events that are still parked, of all keys. */
  readonly stillParked: number;
  /** The number of events that are no longer parked without an effect: they belong to no document now. Absent: none. */
  readonly withoutDocument?: number;
}

/**
 * Replays key by key, each in the order of its events, up to the first event of a key that fails again: it keeps its
 * place, with the new error. Settled events and their effects are committed together. Whole streams come first: their
 * events may belong to documents that wait themselves, and are parked there. A document that later events have already
 * reached is folded anew from the first event on. Errors: those of the stores; then the generation must be opened
 * again.
 */
export const replayParked = async (writer: BatchWriter, open: OpenGeneration, options: ReplayOptions): Promise<ReplayResult> => {
  const { key } = options;
  const keys = (): string[] => [...open.parkedKeys.keys()].filter((parked) => key === undefined || parked === key).sort();
  const sum = { replayed: 0, withoutDocument: 0 };
  for (const stream of keys().filter(isStreamKey)) await replayKey(writer, open, stream, options, sum);
  for (const document of keys().filter((parked) => !isStreamKey(parked))) await replayKey(writer, open, document, options, sum);
  const stillParked = [...open.parkedKeys.values()].reduce((total, count) => total + count, 0);
  return { replayed: sum.replayed, stillParked, ...(sum.withoutDocument > 0 && { withoutDocument: sum.withoutDocument }) };
};

interface ReplaySum {
  replayed: number;
  withoutDocument: number;
}

const replayKey = async (writer: BatchWriter, open: OpenGeneration, key: string, options: ReplayOptions, sum: ReplaySum): Promise<void> => {
  let narrowing: Narrowing | undefined;
  for (;;) {
    throwIfAborted(options.signal, 'replayParked');
    const page = await open.session.parked({ key, limit: Math.min(PAGE_SIZE, narrowing?.limit ?? PAGE_SIZE) });
    if (page.length === 0) return;
    const result = await replayPage(writer, open, key, page, options);
    if ('limit' in result) {
      narrowing = result;
      continue;
    }
    sum.replayed += result.replayed;
    sum.withoutDocument += result.withoutDocument;
    if (result.poison) {
      await noteFailure(open, page[result.settled], result.poison);
      return;
    }
    if (result.settled === 0) throw new TypeError(`a replay of ${key} has neither settled an event nor failed at one`);
  }
};

const replayPage = async (
  writer: BatchWriter,
  open: OpenGeneration,
  key: string,
  page: readonly ParkedEvent[],
  { reader, nowMs, hasTransactions, signal }: ReplayOptions,
): Promise<Replayed | Narrowing> => {
  const events = await readAgain(reader, page, signal);
  try {
    return await writer.replay(open, key, events, { reader, nowMs, signal });
  } catch (error) {
    const written = events.map(({ event }) => event);
    const narrowed = narrowedBy(error, written, hasTransactions);
    if (!narrowed) throw error;
    open.dropCaches(); // nothing was written, but totals in memory have changed
    return narrowed.kind === 'narrower' ? narrowed.narrowing : { settled: 0, replayed: 0, withoutDocument: 0, poison: { ...narrowed.poison, key } };
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

/** Neighbours in a stream, read together. */
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
