// A folder of the shop ledger after a crash: its events, and whether its read models are their fold.
import { cacheCollections } from '#apps/read-models/src/cache/cache-collections.js';
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { position, type RecordedEvent } from '@mainstem/event-store';
import { counterOf } from '../workers/counters.js';
import { differenceOf } from './canonical.js';
import { expectedAt, type AnyProjection } from './oracle-fold.js';
import { expectedLines, storedModels, type StoreName } from './read-model-files.js';

const BATCH_SIZE = 10_000;

/** The projections of each store of the application, with the counters. */
export const shopProjections: Readonly<Record<StoreName, readonly AnyProjection[]>> = {
  sql: [...sqlProjections, counterOf('sql')] as unknown as readonly AnyProjection[],
  cache: [...cacheProjections, counterOf('cache')],
  search: [...searchProjections, counterOf('search')],
};

/** Every event of the folder, read without writing to it. */
export const eventsIn = async (dir: string): Promise<readonly RecordedEvent[]> => {
  const store = await EmbeddedEventStore.open({ dir, isReadOnly: true });
  const events: RecordedEvent[] = [];
  try {
    for await (const batch of store.readAll({ batchSizeMax: BATCH_SIZE })) events.push(...batch);
  } finally {
    await store.close();
  }
  return events;
};

/**
 * Compares every read model with the fold of the events up to its own checkpoint, byte for byte, and its digest with a
 * new one. Returns the differences in words. With `isComplete`, every model must exist and be at the last event.
 */
export const flawsOfReadModels = async (dir: string, events: readonly RecordedEvent[], { isComplete = false } = {}): Promise<readonly string[]> => {
  const flaws: string[] = [];
  for (const store of ['sql', 'cache', 'search'] as const) {
    const stored = storedModels(dir, store);
    for (const projection of shopProjections[store]) {
      const model = stored.get(projection.name);
      if (!model && isComplete) flaws.push(`${store}/${projection.name} is missing`);
      if (!model) continue;
      const at = model.position === undefined ? undefined : position(BigInt(model.position));
      if (isComplete && at !== events.at(-1)?.position) flaws.push(`${store}/${projection.name} stands at ${at}, not at ${events.at(-1)?.position}`);
      if (at !== undefined && at > (events.at(-1)?.position ?? 0n)) flaws.push(`${store}/${projection.name} stands at ${at}, beyond the last event`);
      const expected = await expectedAt(projection, events, at);
      const difference = differenceOf(model.lines, expectedLines(store, expected, store === 'cache' ? cacheCollections : {}));
      if (difference) flaws.push(`${store}/${projection.name} at ${at}: ${difference}`);
      if (model.digest !== expected.digest)
        flaws.push(`${store}/${projection.name} at ${at} has digest ${model.digest}, should be ${expected.digest}`);
    }
  }
  return flaws;
};
