// Replays of parked events that a read store does not accept all at once.
import type { Position } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { InvalidDocument, ReadStoreOverburdened } from '../read-store/errors.js';
import type { CommitBatch } from '../read-store/read-store.js';
import { Projector } from '../run/projector.js';
import { dump, filledStore, HookedReadStore, tallyProjection, type Tally } from '../tally.fixtures.js';

const EVENTS = 40;
const TIMEOUT = { timeoutMs: 4_000 };

const running: Projector[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
});

/** All events of one key are parked, and can now be folded. */
const parkedFromTheFirst = async () => {
  let isBroken = true;
  const store = new HookedReadStore();
  const projection = tallyProjection({
    onFold: (_, key) => {
      if (isBroken && key === 'tally-a') throw new Error('not yet');
    },
  });
  const recovery = { retryDelayMs: 1, retryDelayMaxMs: 3, onFailure: 'park' as const };
  const projector = new Projector({ reader: await filledStore(EVENTS), projections: [{ projection, store, recovery }] });
  running.push(projector);
  projector.start();
  await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
  isBroken = false;
  return { projector, store, parked: (await store.parked('tally', EVENTS)).length };
};

const undisturbed = async (): Promise<object> => {
  const store = new HookedReadStore();
  const projector = new Projector({ reader: await filledStore(EVENTS), projections: [{ projection: tallyProjection(), store }] });
  running.push(projector);
  projector.start();
  await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
  return dump(store);
};

const settledBy = ({ unpark = [] }: CommitBatch): number => unpark.length;

describe('a replay of parked events', () => {
  it('goes on with fewer at once when they are too much for the store', async () => {
    const { projector, store, parked } = await parkedFromTheFirst();
    expect(parked).toBeGreaterThan(8);
    const settled: number[] = [];
    store.onCommit = async (batch, commit) => {
      if (settledBy(batch) > 3) throw new ReadStoreOverburdened('memory', 'the statement took too long');
      await commit();
      if (settledBy(batch) > 0) settled.push(settledBy(batch));
    };
    expect(await projector.replayParked('tally')).toEqual({ replayed: parked, stillParked: 0 });
    expect(settled.every((count) => count <= 3)).toBe(true);
    expect(dump(store)).toEqual(await undisturbed());
  });

  it('finds the event that the store refuses, and leaves it and later ones parked', async () => {
    const { projector, store, parked } = await parkedFromTheFirst();
    let isBounded = true;
    store.onCommit = async (batch, commit) => {
      const tally = batch.changes.find(({ collection }) => collection === 'tally')?.upserts.get('tally-a') as Tally | undefined;
      if (isBounded && (tally?.amounts.length ?? 0) > 5) throw new InvalidDocument('tally', 'tally-a', 'too long');
      await commit();
    };
    expect(await projector.replayParked('tally')).toEqual({ replayed: 5, stillParked: parked - 5 });
    expect((await store.parked('tally', EVENTS)).map(({ error }) => error !== '')).toEqual(Array.from({ length: parked - 5 }, (_, at) => at === 0));
    isBounded = false;
    expect((await projector.replayParked('tally')).stillParked).toBe(0);
    expect(dump(store)).toEqual(await undisturbed());
  });
});
