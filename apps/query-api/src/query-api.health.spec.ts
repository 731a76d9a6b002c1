// When the query API is ready, also with an event store whose positions do not count events.
import { InMemoryEventStore, eventIdOf, streamName, type EventMark, type EventReader, type Position } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { beforeAll, describe, expect, it } from 'vitest';
import { cacheProjectionsRead, searchProjectionsRead, sqlProjectionsRead } from './sources.js';
import { readModelHealth } from './query-api.health.js';

const EVENTS = 1_500;
const all = [...sqlProjectionsRead, ...cacheProjectionsRead, ...searchProjectionsRead];

/** Serves every projection at one position. */
const storeAt = (
  position: bigint | undefined,
  projections: readonly string[] = all,
  lastEvent?: EventMark,
  paused: readonly string[] = [],
): ReadStore =>
  ({
    name: 'any',
    notes: (asked: readonly string[]) =>
      Promise.resolve(asked.filter((one) => paused.includes(one)).map((projection) => ({ projection, name: 'pause', text: '{}' }))),
    generations: () => Promise.resolve(projections.map((projection) => ({ projection, state: 'serving', checkpoint: { position, lastEvent } }))),
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

  const reasonsIn = (at: ReadStore): readonly string[] | Promise<readonly string[]> => {
    const reader: Pick<EventReader, 'head' | 'idAt' | 'readAll' | 'hasDensePositions'> = {
      head: (signal) => store.head(signal),
      idAt: (position, signal) => store.idAt(position, signal),
      readAll: (options) => store.readAll(options),
      hasDensePositions,
    };
    return readModelHealth(reader, { sql: at, cache: at, search: at }).reasons();
  };
  const reasons = (position: bigint | undefined, projections?: readonly string[]) => reasonsIn(storeAt(position, projections));

  it('names every projection that is ahead of a restored event store', async () => {
    const told = await reasons((positions.at(-1) ?? 0n) + 1n);
    expect(told).toHaveLength(all.length);
    expect(told[0]).toMatch(
      new RegExp(`^${sqlProjectionsRead[0]} is of another state of the event store: PROJECTION_CHECKPOINT_AHEAD: .* mainstem rebuild`),
    );
  });

  it('names every projection whose checkpoint event is gone', async () => {
    const position = positions.at(-1) as Position;
    const told = await reasonsIn(storeAt(position, all, { position, id: eventIdOf('lost', streamName('order-1'), 0) }));
    expect(told).toHaveLength(all.length);
    expect(told[0]).toContain('PROJECTION_EVENT_STORE_RESTORED');
  });

  it('reports a store that is away by its code', async () => {
    const generations = () => Promise.reject(new ReadStoreUnavailable('sql', 'connect ECONNREFUSED 10.0.0.7:5432'));
    expect(await reasonsIn({ name: 'sql', generations } as unknown as ReadStore)).toEqual(['read store sql: READ_STORE_UNAVAILABLE']);
  });

  it('is ready at the head, and up to a thousand events behind it', async () => {
    expect(await reasons(positions.at(-1))).toEqual([]);
    expect(await reasons(positions.at(-1_001))).toEqual([]);
  });

  it('is ready with a paused projection, however far behind it is', async () => {
    expect(await reasonsIn(storeAt(positions.at(-1_002), all, undefined, all))).toEqual([]);
    expect(await reasonsIn(storeAt(positions.at(-1_002), all, undefined, all.slice(1)))).toEqual([`${all[0]} is more than 1000 events behind`]);
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
