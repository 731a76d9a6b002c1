// Checks that the event store is still the one of a checkpoint, before anything goes on from there.
import { isMainstemError, isPositionBefore, type EventMark, type EventReader, type Position } from '@mainstem/event-store';
import type { Checkpoint, Generation } from '../read-store/checkpoint.js';
import { CheckpointAhead, ProjectionOfRestoredStore } from './errors.js';
import type { Hosted } from '../definition/hosted-projection.js';

/** An application's own reader may lack `idAt`: then a log that has grown again is not recognised. */
type LogReader = Pick<EventReader, 'head'> & Partial<Pick<EventReader, 'idAt'>>;

/** The names for errors. */
type Named = Pick<Hosted, 'store'> & { readonly projection: { readonly name: string; readonly kind?: Hosted['projection']['kind'] } };

/**
 * Resolves with the event at the checkpoint. A checkpoint without an event, from an older program, is trusted, and gets
 * the event that is there. Errors: PROJECTION_CHECKPOINT_AHEAD, PROJECTION_EVENT_STORE_RESTORED, those of the event
 * store.
 */
export const assertSameLog = async (
  { projection, store }: Named,
  { position, lastEvent }: Checkpoint,
  reader: LogReader,
  signal?: AbortSignal,
): Promise<EventMark | undefined> => {
  if (position === undefined) return undefined;
  const head = await reader.head(signal);
  if (isPositionBefore(head, position)) throw new CheckpointAhead(projection.name, store.name, { position, head, remedy: remedyFor(projection) });
  if (!lastEvent) return markAt(reader, position, signal);
  if (!reader.idAt) return lastEvent;
  if ((await reader.idAt(lastEvent.position, signal)) === lastEvent.id) return lastEvent;
  throw new ProjectionOfRestoredStore(projection.name, store.name, { position: lastEvent.position, remedy: remedyFor(projection) });
};

/** A reaction keeps no documents that could be rebuilt: it begins anew. */
const remedyFor = ({ name, kind }: Named['projection']): string => `mainstem ${kind === 'reaction' ? 'forget' : 'rebuild'} ${name}`;

/** Like `assertSameLog`, for all parts of a generation. */
export const assertSameLogOf = async (
  named: Named,
  { checkpoint, partitions = [checkpoint] }: Generation,
  reader: LogReader,
  signal?: AbortSignal,
): Promise<void> => {
  for (const one of partitions) await assertSameLog(named, one, reader, signal);
};

/** The event store lacks events of the checkpoint; only a new beginning helps. */
export const isOfLostEvents = (error: unknown): boolean => isMainstemError(error, 'PROJECTION_CHECKPOINT_AHEAD', 'PROJECTION_EVENT_STORE_RESTORED');

/** The event at a position, which identifies the log; undefined if there is none, or none can be asked for. */
export const markAt = async (reader: LogReader, position: Position, signal: AbortSignal | undefined): Promise<EventMark | undefined> => {
  const id = await reader.idAt?.(position, signal);
  return id === undefined ? undefined : { position, id };
};
