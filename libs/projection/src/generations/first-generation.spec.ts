// The first generation of a projection: serves at once without a history, and otherwise only when it is complete.
import { systemRuntime, type InMemoryEventStore, type Position, type Runtime } from '@mainstem/event-store';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import { openGeneration } from './open-generation.js';
import { Projector } from '../run/projector.js';
import { append, dump, filledStore, HookedReadStore, tallyProjection, until } from '../tally.fixtures.js';

const TIMEOUT = { timeoutMs: 4_000 };
/** One event more than a short history; every seventh is not wanted. */
const WANTED = 10_001;
const LONG = Math.ceil((WANTED * 7) / 6);
const projection = tallyProjection();

const statesOf = async (store: MemoryReadStore): Promise<readonly string[]> => (await store.generations('tally')).map(({ state }) => state);

/** The state of the generation that a projector makes in an empty read store. */
const firstState = async (reader: InMemoryEventStore, runtime: Runtime = systemRuntime): Promise<string | undefined> => {
  const store = new MemoryReadStore();
  const open = await openGeneration({ projection, store }, { reader, cacheBytesMax: 1_000, runtime });
  await open.session.close();
  return (await statesOf(store))[0];
};

describe('the first generation', () => {
  let long: InMemoryEventStore;
  let running: Projector | undefined;

  beforeAll(async () => {
    long = await filledStore(LONG);
  });

  afterEach(() => running?.stop());

  it('serves at once if there are few or no events', async () => {
    expect(await firstState(await filledStore(0))).toBe('serving');
    expect(await firstState(await filledStore(100))).toBe('serving');
  });

  it('counts only wanted events, whether positions count events or not', async () => {
    const reader = await filledStore(9_999);
    for (let index = 0; index < 10; index++) await append(reader, 'a', index, 'Foreign');
    expect(await firstState(reader)).toBe('serving');
    for (const hasDensePositions of [true, false]) {
      const counted = { hasDensePositions, incarnation: long.incarnation, head: long.head.bind(long), readAll: long.readAll.bind(long) };
      expect(await firstState(counted as unknown as InMemoryEventStore)).toBe('filling');
    }
  });

  it('is not shown at once if the events cannot be counted in time', async () => {
    const never = {
      hasDensePositions: false,
      incarnation: long.incarnation,
      readAll: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
    };
    expect(await firstState(never as unknown as InMemoryEventStore, { ...systemRuntime, sleep: async () => undefined })).toBe('filling');
  });

  it('is not shown before it is complete if there are many events, however often its projector restarts', async () => {
    const store = new HookedReadStore();
    const head = (await long.head()) as Position;
    let rounds = 0;
    let commits = 0;
    /** Positions of incomplete states that queries saw. */
    const beginnings: (Position | undefined)[] = [];
    store.onCommit = async (_, commit) => {
      await commit();
      commits++;
      const position = (await store.generations('tally'))[0]?.checkpoint.position;
      if (store.documents('tally').size > 0 && position !== head) beginnings.push(position);
    };
    for (; (await statesOf(store))[0] !== 'serving'; rounds++) {
      commits = 0;
      const projector = new Projector({ reader: long, projections: [{ projection, store }], batchSizeMax: 2_500 });
      running = projector;
      projector.start();
      await until(async () => commits > 0 || (await statesOf(store))[0] === 'serving');
      await projector.stop();
    }
    expect(beginnings).toEqual([]);
    expect(rounds).toBeGreaterThan(1);
    expect(await statesOf(store)).toEqual(['serving']);
    const other = new MemoryReadStore();
    running = new Projector({ reader: long, projections: [{ projection, store: other }] });
    running.start();
    await running.waitFor('tally', head, TIMEOUT);
    expect(dump(store)).toEqual(dump(other));
  });
});
