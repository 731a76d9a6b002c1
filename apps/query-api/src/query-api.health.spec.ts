// When the query API counts as ready, also over an event store whose positions do not count events.
import { InMemoryEventStore, eventIdOf, streamName, type EventReader, type Position } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import { beforeAll, describe, expect, it } from 'vitest';
import { cacheProjectionsRead, searchProjectionsRead, sqlProjectionsRead } from './sources.js';
import { readModelHealth } from './query-api.health.js';

const EVENTS = 1_500;
const all = [...sqlProjectionsRead, ...cacheProjectionsRead, ...searchProjectionsRead];

/** Serves every projection at one position. */
const storeAt = (position: bigint | undefined, projections: readonly string[] = all): ReadStore =>
  ({
    generations: () => Promise.resolve(projections.map((projection) => ({ projection, state: 'serving', checkpoint: { position } }))),
  }) as unknown as ReadStore;

describe.each([true, false])('the health of the read models, positions dense: %s', (hasDensePositions) => {
  const store = new InMemoryEventStore();
  let positions: readonly Position[];
  beforeAll(async () => {
    const stream = streamName('order-1');
    const events = Array.from({ length: EVENTS }, (_, index) => ({ id: eventIdOf('c', stream, index), type: 'Noted', data: {}, metadata: {} }));
    await store.append(stream, events, { expectedRevision: 'no-stream' });
    const read: Position[] = [];
    for await (const batch of store.readAll()) read.push(...batch.map(({ position }) => position));
    positions = read;
  });

  const reasons = (position: bigint | undefined, projections?: readonly string[]): readonly string[] | Promise<readonly string[]> => {
    const reader: Pick<EventReader, 'head' | 'readAll' | 'hasDensePositions'> = {
      head: (signal) => store.head(signal),
      readAll: (options) => store.readAll(options),
      hasDensePositions,
    };
    const at = storeAt(position, projections);
    return readModelHealth(reader, { sql: at, cache: at, search: at }).reasons();
  };

  it('is good at the head, and up to a thousand events behind it', async () => {
    expect(await reasons(positions.at(-1))).toEqual([]);
    expect(await reasons(positions.at(-1_001))).toEqual([]);
  });

  it('names every projection that is further behind', async () => {
    const told = await reasons(positions.at(-1_002));
    expect(told).toHaveLength(all.length);
    expect(told[0]).toBe(`${sqlProjectionsRead[0]} is more than 1000 events behind`);
    expect(await reasons(undefined)).toHaveLength(all.length);
  });

  it('names a projection without a read model', async () => {
    expect(await reasons(positions.at(-1), all.slice(1))).toEqual([`${all[0]} has no complete read model yet; start its projector, or wait for it`]);
  });
});
