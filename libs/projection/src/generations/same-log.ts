// Whether the event store is still the one that a checkpoint was written from: asked before anything goes on from there.
import { isMainstemError, isPositionBefore, type EventMark, type EventReader, type Position } from '@mainstem/event-store';
import type { Checkpoint, Generation } from '../read-store/checkpoint.js';
import { CheckpointAhead, ProjectionOfRestoredStore } from './errors.js';
import type { Hosted } from '../definition/hosted-projection.js';

/** A reader of the application's own, made before there was `idAt`, may lack it: then a log that has grown again is not recognised. */
type LogReader = Pick<EventReader, 'head'> & Partial<Pick<EventReader, 'idAt'>>;

/** What of a host is named. */
type Named = Pick<Hosted, 'store'> & { readonly projection: { readonly name: string } };

/**
 * Resolves with the event that the checkpoint stands on. One without an event, which an older program has written, is taken as it is, and stands from
 * now on on the event that is there. Errors: PROJECTION_CHECKPOINT_AHEAD, PROJECTION_EVENT_STORE_RESTORED, those of the event store.
 */
export const assertSameLog = async (
  { projection, store }: Named,
  { position, lastEvent }: Checkpoint,
  reader: LogReader,
  signal?: AbortSignal,
): Promise<EventMark | undefined> => {
  if (position === undefined) return undefined;
  const head = await reader.head(signal);
  if (isPositionBefore(head, position)) throw new CheckpointAhead(projection.name, store.name, position, head);
  if (!lastEvent) return markAt(reader, position, signal);
  if (!reader.idAt) return lastEvent;
  if ((await reader.idAt(lastEvent.position, signal)) === lastEvent.id) return lastEvent;
  throw new ProjectionOfRestoredStore(projection.name, store.name, lastEvent.position);
};

/** As `assertSameLog`, for all parts of a generation. */
export const assertSameLogOf = async (
  named: Named,
  { checkpoint, partitions = [checkpoint] }: Generation,
  reader: LogReader,
  signal?: AbortSignal,
): Promise<void> => {
  for (const one of partitions) await assertSameLog(named, one, reader, signal);
};

/** The event store lacks events that the checkpoint stands for; only a rebuild helps. */
export const isOfLostEvents = (error: unknown): boolean => isMainstemError(error, 'PROJECTION_CHECKPOINT_AHEAD', 'PROJECTION_EVENT_STORE_RESTORED');

/** The event at a position, by which the log is known again; undefined where there is none, or none that can be asked for. */
export const markAt = async (reader: LogReader, position: Position, signal: AbortSignal | undefined): Promise<EventMark | undefined> => {
  const id = await reader.idAt?.(position, signal);
  return id === undefined ? undefined : { position, id };
};
