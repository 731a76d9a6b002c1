// Whether a projection has so many events that filling it takes a while.
import { inTime, type EventFilter, type EventReader, type Runtime } from '@mainstem/event-store';

/** Usually folded in one batch, before the first query. */
const SHORT_HISTORY_MAX = 10_000;
/** A history that takes longer to count is long. */
const COUNT_MAX_MS = 3_000;

export interface HistoryOptions {
  readonly reader: EventReader;
  readonly runtime: Runtime;
  readonly signal?: AbortSignal | undefined;
}

/** True for more than 10,000 events of these types, or if counting takes too long. Errors: those of the event store. */
export const isLongHistory = async (filter: EventFilter, { reader, runtime, signal }: HistoryOptions): Promise<boolean> => {
  if (reader.hasDensePositions && ((await reader.head(signal)) ?? 0n) <= SHORT_HISTORY_MAX) return false;
  const over = new AbortController();
  const isOver = AbortSignal.any([over.signal, ...(signal ? [signal] : [])]);
  try {
    return await inTime(isLonger(filter, reader, isOver), COUNT_MAX_MS, runtime, () => true);
  } finally {
    over.abort();
  }
};

const isLonger = async (filter: EventFilter, reader: EventReader, signal: AbortSignal): Promise<boolean> => {
  let events = 0;
  for await (const batch of reader.readAll({ filter, limit: SHORT_HISTORY_MAX + 1, needsPayload: false, signal })) events += batch.length;
  // A stopped count has not seen all of them.
  return events > SHORT_HISTORY_MAX || signal.aborted;
};
