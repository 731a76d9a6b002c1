// What an observer of projections learns: each batch once, with its outcome, and each wait before another try.
import { systemRuntime } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { ReadStoreUnavailable } from '../read-store/errors.js';
import type { BatchEnd, ProjectionObserver } from './projection-observer.js';
import { Projector } from './projector.js';
import { append, dump, filledStore, HookedReadStore, tallyProjection, until } from '../tally.fixtures.js';

interface Told {
  readonly batches: { readonly projection: string; readonly positions: readonly number[]; readonly end: BatchEnd }[];
  retries: number;
}
const noting = (): { readonly told: Told; readonly observe: ProjectionObserver } => {
  const told: Told = { batches: [], retries: 0 };
  return {
    told,
    observe: {
      writing: ({ projection, events }) => {
        const positions = events.map(({ position }) => Number(position));
        return (end) => void told.batches.push({ projection, positions, end });
      },
      retrying: () => void told.retries++,
    },
  };
};
const running: Projector[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
});
const start = (reader: Awaited<ReturnType<typeof filledStore>>, store: HookedReadStore, observe?: ProjectionObserver): Projector => {
  const recovery = { retryDelayMs: 1, retryDelayMaxMs: 5 };
  const projector = new Projector({ reader, projections: [{ projection: tallyProjection(), store, recovery }], runtime: systemRuntime, observe });
  running.push(projector);
  projector.start();
  return projector;
};
const live = (projector: Projector, position: bigint): Promise<void> => until(() => projector.status()[0]?.position === position);

describe('an observer of projections', () => {
  it('learns of every event in order, a batch at a time, without any effect on the read model', async () => {
    const reader = await filledStore(20);
    const { told, observe } = noting();
    const [store, plain] = [new HookedReadStore(), new HookedReadStore()];
    const projector = start(reader, store, observe);
    await live(projector, 20n);
    await append(reader, 'a', 21);
    await live(projector, 21n);
    await live(start(reader, plain), 21n);
    // Every seventh event is unwanted, and is not even read.
    expect(told.batches.flatMap(({ positions }) => positions)).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21]);
    expect(told.batches.reduce((sum, { end }) => sum + end.eventsApplied, 0)).toBe(19);
    expect(told.batches.every(({ projection, end }) => projection === 'tally' && end.isCommitted && end.error === undefined)).toBe(true);
    expect(told.retries).toBe(0);
    expect(dump(store)).toEqual(dump(plain));
  });

  it('learns of a batch that could not be written, and of the wait that follows', async () => {
    const { told, observe } = noting();
    const store = new HookedReadStore();
    let failures = 0;
    store.onCommit = (_, commit) => (failures++ < 2 ? Promise.reject(new ReadStoreUnavailable('memory', 'away')) : commit());
    await live(start(await filledStore(3), store, observe), 3n);
    expect(told.batches.map(({ end }) => (end.error === undefined ? 'written' : 'failed'))).toEqual(['failed', 'failed', 'written']);
    expect(told.retries).toBe(2);
  });
});
