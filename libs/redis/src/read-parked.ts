// Lists parked events of a session, of a snapshot, or of the serving generation.
import { type ParkedEvent, ReadStoreUnavailable, toStorableText, UnknownGeneration } from '@mainstem/projection/adapter';
import type { ProjectionKeys } from './keys.js';
import { decodeParked, orderedPosition, type ParkedQuery } from './parked-records.js';
import { type RedisConnection, scriptOf } from './redis-connection.js';
import { PARKED } from './scripts/reading.js';

export interface ParkedSource {
  readonly projection: string;
  /** Undefined: the serving generation. */
  readonly number: number | undefined;
  readonly snapshot?: string;
}

/** Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_UNAVAILABLE. */
export const readParked = async (
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
