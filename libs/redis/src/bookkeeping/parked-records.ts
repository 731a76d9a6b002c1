// Parked events as stored: JSON, found by position and key.
import { position, revision, type EventId, type Position, type StreamName } from '@mainstem/event-store';
import { type ParkedEvent, type ParkedQuery, ReadStoreUnavailable, toStorableText, UnknownGeneration } from '@mainstem/projection/adapter';
import type { ProjectionKeys } from '../layout/keys.js';
import { PARKED } from '../scripts/reading.js';
import { type RedisConnection, scriptOf } from '../server/redis-connection.js';

const ERROR_LENGTH_MAX = 2_000;
/** The length of the largest 64-bit number, and one more: the scripts cut it off by length. */
const POSITION_DIGITS = 20;

export interface ParkedSource {
  readonly projection: string;
  /** Undefined: the serving generation. */
  readonly number: number | undefined;
  readonly snapshot?: string;
}

/**
 * Lists those of a session, of a snapshot, or of the serving generation. Errors: READ_STORE_UNKNOWN_GENERATION,
 * READ_STORE_UNAVAILABLE.
 */
export const listParked = async (
  { connection, keys }: { readonly connection: RedisConnection; readonly keys: ProjectionKeys },
  { key, after, limit }: ParkedQuery,
  { projection, number, snapshot = '' }: ParkedSource,
): Promise<readonly ParkedEvent[]> => {
  const args = [
    number ?? '',
    snapshot,
    limit,
    key === undefined ? '0' : '1',
    toStorableText(key ?? ''),
    after === undefined ? '' : orderedPosition(after),
  ];
  const [status, events = []] = (await connection.run(SCRIPT, [keys.meta, keys.root], args)) as [string, string[]?];
  if (status === 'over') throw snapshotOver(connection.store);
  if (status === 'unknown') throw new UnknownGeneration(projection, number ?? 0);
  return events.filter((event) => event !== '').map(decodeParked);
};

/** The view of a snapshot is lost. */
export const snapshotOver = (store: string): ReadStoreUnavailable =>
  new ReadStoreUnavailable(
    store,
    'the snapshot is gone while it was being read: its data was deleted or changed too much, or the reader paused too long. Try again.',
  );

const SCRIPT = scriptOf(PARKED);

/** A position as text that sorts like the number. */
export const orderedPosition = (place: Position): string => place.toString().padStart(POSITION_DIGITS, '0');

export const encodeParked = (event: ParkedEvent): string =>
  JSON.stringify({
    ...event,
    position: event.position.toString(),
    revision: event.revision.toString(),
    error: event.error.slice(0, ERROR_LENGTH_MAX),
  });

const decodeParked = (text: string): ParkedEvent => {
  const stored = JSON.parse(text) as StoredParkedEvent;
  return { ...stored, position: position(stored.position), revision: revision(stored.revision) };
};

interface StoredParkedEvent {
  readonly key: string;
  readonly position: string;
  readonly eventId: EventId;
  readonly type: string;
  readonly stream: StreamName;
  readonly revision: string;
  readonly error: string;
  readonly parkedAt: string;
}
