// The query API is ready when every read model has begun to serve and is close to the end of the event store.
import { cacheProjectionsRead, searchProjectionsRead, sqlProjectionsRead } from './sources.js';
import type { EventReader, Position } from '@mainstem/event-store';
import { neutralError, reasonOfLook, type HealthCheck } from '@mainstem/nest';
import type { ReadStore } from '@mainstem/projection';
import { assertSameLogOf, isOfLostEvents, pauseOf, type Generation } from '@mainstem/projection/operate';

/** In events: a projector that is further behind is not live. */
const LAG_MAX = 1_000n;
const HEAD_TIMEOUT_MS = 2_000;

export interface QueriedStores {
  readonly sql: ReadStore;
  readonly cache: ReadStore;
  readonly search: ReadStore;
}

type Reader = Pick<EventReader, 'head' | 'idAt' | 'readAll' | 'hasDensePositions'>;

export const readModelHealth = (reader: Reader, stores: QueriedStores): HealthCheck => ({
  name: 'read models',
  reasons: async () => {
    let oldest: Position | undefined;
    try {
      oldest = await oldestFresh(reader, AbortSignal.timeout(HEAD_TIMEOUT_MS));
    } catch (error) {
      return [reasonOfLook(error, HEAD_TIMEOUT_MS)];
    }
    const asked = [
      [stores.sql, sqlProjectionsRead],
      [stores.cache, cacheProjectionsRead],
      [stores.search, searchProjectionsRead],
    ] as const;
    // A store that is away must not hide the others.
    const told = await Promise.all(asked.map(([store, projections]) => reasonsOf(reader, { store, projections, oldest })));
    return [...new Set(told.flat())];
  },
});

/** A projection before this position is too far behind. If positions do not count events, it counts the newest ones. */
const oldestFresh = async (reader: Reader, signal: AbortSignal): Promise<Position | undefined> => {
  if (reader.hasDensePositions) {
    const head = await reader.head(signal);
    return head === undefined ? undefined : ((head - LAG_MAX) as Position);
  }
  let count = 0n;
  for await (const batch of reader.readAll({ direction: 'backwards', limit: Number(LAG_MAX) + 1, signal })) {
    count += BigInt(batch.length);
    const last = batch.at(-1);
    if (last && count > LAG_MAX) return last.position;
  }
  return undefined;
};

interface Asked {
  readonly store: ReadStore;
  readonly projections: readonly string[];
  readonly oldest: Position | undefined;
}

const reasonsOf = async (reader: Reader, { store, projections, oldest }: Asked): Promise<readonly string[]> => {
  try {
    const generations = await store.generations();
    const serving = new Map(generations.filter(({ state }) => state === 'serving').map((generation) => [generation.projection, generation]));
    const told = projections.map((projection) => reasonOf(reader, { store, projection, serving: serving.get(projection), oldest }));
    return (await Promise.all(told)).filter((reason) => reason !== undefined);
  } catch (error) {
    return [`read store ${store.name}: ${neutralError(error)}`];
  }
};

interface AskedOne {
  readonly store: ReadStore;
  readonly projection: string;
  readonly serving: Generation | undefined;
  readonly oldest: Position | undefined;
}

const reasonOf = async (reader: Reader, { store, projection, serving, oldest }: AskedOne): Promise<string | undefined> => {
  if (!serving) return `${projection} has no complete read model yet; start its projector, or wait for it`;
  try {
    if (oldest !== undefined && (serving.checkpoint.position ?? 0n) < oldest) {
      // An operator wants it to stand still.
      if (await pauseOf({ projection, store })) return undefined;
      return `${projection} is more than ${LAG_MAX} events behind`;
    }
    // It is ahead of the event store: it answers with lost events.
    await assertSameLogOf({ projection: { name: projection }, store }, serving, reader, AbortSignal.timeout(HEAD_TIMEOUT_MS));
    return undefined;
  } catch (error) {
    return isOfLostEvents(error)
      ? `${projection} is of another state of the event store: ${neutralError(error)}`
      : reasonOfLook(error, HEAD_TIMEOUT_MS);
  }
};
