// Wanted events of a closed range of positions.
import { OperationAborted, isPositionBefore, type EventFilter, type EventReader, type Position, type RecordedEvent } from '@mainstem/event-store';

export interface EventRange {
  /** Strictly after this position; undefined is the beginning. */
  readonly after: Position | undefined;
  /** Up to and including this position; undefined: no event at all. */
  readonly until: Position | undefined;
  readonly filter: EventFilter;
  readonly batchSizeMax?: number;
  readonly signal?: AbortSignal | undefined;
}

const BATCH_SIZE_MAX = 5_000;

/** In batches, in order. Errors: EVENT_STORE_ABORTED, those of the event store. */
export async function* readUpTo(
  reader: EventReader,
  { after, until, filter, signal, batchSizeMax = BATCH_SIZE_MAX }: EventRange,
): AsyncGenerator<readonly RecordedEvent[]> {
  if (until === undefined || !isPositionBefore(after, until)) return;
  for await (const events of reader.readAll({ after, filter, batchSizeMax, ...(signal && { signal }) })) {
    if (signal?.aborted) throw new OperationAborted('reading events', signal.reason);
    const last = events.at(-1);
    if (last === undefined) continue;
    if (last.position <= until) yield events;
    else yield events.filter(({ position }) => position <= until);
    if (last.position >= until) return;
  }
}
