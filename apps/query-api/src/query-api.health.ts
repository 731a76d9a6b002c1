// Whether the query API can answer: every read model it asks has begun to serve, and is not far behind the event store.
import { cacheProjectionsRead, searchProjectionsRead, sqlProjectionsRead } from './sources.js';
import type { EventReader, Position } from '@mainstem/event-store';
import { reasonOfLook, type HealthCheck } from '@mainstem/nest';
import type { ReadStore } from '@mainstem/projection';

/** In events: further behind than this, a projector is not live. */
const LAG_MAX = 1_000n;
const HEAD_TIMEOUT_MS = 2_000;

export interface QueriedStores {
  readonly sql: ReadStore;
  readonly cache: ReadStore;
  readonly search: ReadStore;
}

export const readModelHealth = (reader: Pick<EventReader, 'head' | 'readAll' | 'hasDensePositions'>, stores: QueriedStores): HealthCheck => ({
  name: 'read models',
  reasons: async () => {
    let oldest: Position | undefined;
    try {
      oldest = await oldestFresh(reader, AbortSignal.timeout(HEAD_TIMEOUT_MS));
    } catch (error) {
      return [reasonOfLook(error, HEAD_TIMEOUT_MS)];
    }
    const reasons = [
      await reasonsOf(stores.sql, sqlProjectionsRead, oldest),
      await reasonsOf(stores.cache, cacheProjectionsRead, oldest),
      await reasonsOf(stores.search, searchProjectionsRead, oldest),
    ];
    return reasons.flat();
  },
});

/** A projection before this position is too far behind. Where positions do not count events, the newest ones are counted. */
const oldestFresh = async (reader: Parameters<typeof readModelHealth>[0], signal: AbortSignal): Promise<Position | undefined> => {
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

const reasonsOf = async (store: ReadStore, projections: readonly string[], oldest: Position | undefined): Promise<readonly string[]> => {
  const generations = await store.generations();
  const positions = new Map(
    generations.filter(({ state }) => state === 'serving').map(({ projection, checkpoint }) => [projection, checkpoint.position]),
  );
  return projections.flatMap((projection) => {
    if (!positions.has(projection)) return [`${projection} has no complete read model yet; start its projector, or wait for it`];
    return oldest !== undefined && (positions.get(projection) ?? 0n) < oldest ? [`${projection} is more than ${LAG_MAX} events behind`] : [];
  });
};
