// Where a copy goes on: the last event of the target tells what is there already.
import type { EventMark, EventReader, Position, RecordedEvent } from '@mainstem/event-store';
import { CopyOntoItself, CopyTargetForeign } from '../errors.js';

export interface CopyStart {
  /** The last event of the target; undefined if it is empty. */
  readonly end: EventMark | undefined;
  /** The place of the same event in the source: read after it. */
  readonly after: Position | undefined;
}

/**
 * The first and the last event of the target must be the source's, at the same places of their streams. What lies
 * between is compared after the copy. Errors: CLI_COPY_ONTO_ITSELF, CLI_COPY_TARGET_FOREIGN, those of the stores.
 */
export const copyStart = async (source: EventReader, target: EventReader, signal: AbortSignal): Promise<CopyStart> => {
  if (source.incarnation === target.incarnation) throw new CopyOntoItself();
  const last = await edgeOf(target, 'backwards', signal);
  if (!last) return { end: undefined, after: undefined };
  const [ofSource, ofTarget] = [await edgeOf(source, 'forwards', signal), await edgeOf(target, 'forwards', signal)];
  if (!ofTarget || ofSource?.id !== ofTarget.id) throw new CopyTargetForeign(ofTarget ?? last);
  const same = (await inStream(source, last, signal)) ?? (await inLog(source, last, signal));
  if (!same) throw new CopyTargetForeign(last);
  return { end: { position: last.position, id: last.id }, after: same };
};

const edgeOf = async (log: EventReader, direction: 'forwards' | 'backwards', signal: AbortSignal): Promise<RecordedEvent | undefined> => {
  for await (const [event] of log.readAll({ direction, limit: 1, signal })) return event;
  return undefined;
};

/** One look-up, by the place in the stream. */
const inStream = async (source: EventReader, { stream, revision, id }: RecordedEvent, signal: AbortSignal): Promise<Position | undefined> => {
  for await (const [event] of source.readStream(stream, { from: revision, limit: 1, signal })) return event?.id === id ? event.position : undefined;
  return undefined;
};

/** A stream that was deleted or cut short shows less than the log has: then all of it is searched. */
const inLog = async (source: EventReader, { id, stream }: RecordedEvent, signal: AbortSignal): Promise<Position | undefined> => {
  for await (const events of source.readAll({ filter: { streamPrefixes: [stream] }, needsPayload: false, signal })) {
    const found = events.find((event) => event.id === id);
    if (found) return found.position;
  }
  return undefined;
};
