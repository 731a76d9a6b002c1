// Whether the query API can answer: every read model it asks has begun to serve, and is not far behind the event store.
import { cacheProjectionsRead, searchProjectionsRead, sqlProjectionsRead } from './sources.js';
import type { EventReader, Position } from '@mainstem/event-store';
import type { HealthCheck } from '@mainstem/nest';
import type { ReadStore } from '@mainstem/projection';

/** Further behind than this, a projector is not live. */
const LAG_MAX = 1_000n;

export interface QueriedStores {
  readonly sql: ReadStore;
  readonly cache: ReadStore;
  readonly search: ReadStore;
}

export const readModelHealth = (reader: EventReader, stores: QueriedStores): HealthCheck => ({
  name: 'read models',
  reasons: async () => {
    const head = await reader.head();
    const reasons = [
      await reasonsOf(stores.sql, sqlProjectionsRead, head),
      await reasonsOf(stores.cache, cacheProjectionsRead, head),
      await reasonsOf(stores.search, searchProjectionsRead, head),
    ];
    return reasons.flat();
  },
});

const reasonsOf = async (store: ReadStore, projections: readonly string[], head: Position | undefined): Promise<readonly string[]> => {
  const generations = await store.generations();
  const positions = new Map(
    generations.filter(({ state }) => state === 'serving').map(({ projection, checkpoint }) => [projection, checkpoint.position]),
  );
  return projections.flatMap((projection) => {
    if (!positions.has(projection)) return [`${projection} has no read model yet; start its projector`];
    const lag = (head ?? 0n) - (positions.get(projection) ?? 0n);
    return lag > LAG_MAX ? [`${projection} is ${lag} positions behind`] : [];
  });
};
