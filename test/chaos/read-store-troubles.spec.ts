// Events that cannot be folded, wrong code, and two versions of it at once, on every read store: no trace is left.
import type { Position } from '@mainstem/event-store';
import { Projector, type HostedProjection, type ReadStore } from '@mainstem/projection';
import { Rebuilder, rollBack, verifyProjection } from '@mainstem/projection/operate';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { storeNamed, storesToTest } from './stores/store-under-test.js';
import type { Tally } from './stores/told-documents.js';
import { NO_TROUBLE, talliesOf, type Trouble } from './stores/told-projections.js';
import { GrowingFold } from './support/growing-fold.js';
import { collectionsOf, foldInto } from './support/oracle-fold.js';
import { ToldHistory } from './support/told-history.js';
import { chanceOf, inFolder } from './support/trials.js';

const BATCH = 20;
const EVENTS = 100;
/** First and last of all, last of a batch and first of the next one, and one in the middle. */
const PLACES = ['first', 'last', 'end of a batch', 'begin of a batch', 'middle'] as const;
const TIMEOUT_MS = 60_000;
const LOOK_MS = 5;
const RECOVERY = { attemptsMax: 2, retryDelayMs: 1, retryDelayMaxMs: 3 };

const placeOf = (place: (typeof PLACES)[number], head: bigint): bigint =>
  ({ first: 1n, last: head, 'end of a batch': BigInt(2 * BATCH), 'begin of a batch': BigInt(2 * BATCH + 1), middle: BigInt(2 * BATCH + 7) })[place];

const random = chanceOf('read-store-troubles');

/** An empty store, removed afterwards. */
const onFreshStore = (name: string, work: (store: ReadStore) => Promise<void>): Promise<void> =>
  inFolder(async (dir) => {
    const place = { dir, scope: `mainstem_chaos_${process.pid}_${random.int(0, 1_000_000_000)}` };
    const storeUnderTest = await storeNamed(name);
    const store = await storeUnderTest.open(place);
    try {
      await work(store);
    } finally {
      await store.close();
      await storeUnderTest.remove(place);
    }
  });

const projectorOf = (history: ToldHistory, hosted: HostedProjection): Projector =>
  new Projector({
    reader: history.store,
    projections: [{ ...hosted, recovery: { ...RECOVERY, ...hosted.recovery } }],
    batchSizeMax: BATCH,
    cacheBytesMax: 10_000,
  });

const during = async (projector: Projector, work: () => Promise<unknown>): Promise<void> => {
  projector.start();
  try {
    await work();
  } finally {
    await projector.stop();
  }
};

const runToHead = async (history: ToldHistory, hosted: HostedProjection): Promise<void> => {
  const projector = projectorOf(history, hosted);
  await during(projector, async () => projector.waitFor('tallies', await history.head(), { timeoutMs: TIMEOUT_MS }));
};

const until = async (condition: () => boolean): Promise<void> => {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it has not come to that');
    await delay(LOOK_MS);
  }
};

const servingOf = async (store: ReadStore): Promise<{ number: number; position: Position | undefined }> => {
  const serving = (await store.generations('tallies')).find(({ state }) => state === 'serving');
  if (!serving) throw new Error('nothing serves');
  return { number: serving.number, position: serving.checkpoint.position };
};

/**
 * The serving generation is the fold of all events up to its checkpoint under this trouble, with parked events and
 * digest.
 */
const expectFold = async (store: ReadStore, history: ToldHistory, trouble: Trouble = NO_TROUBLE, version = 1): Promise<void> => {
  const all = await history.events();
  const fold = new GrowingFold(talliesOf(trouble, version));
  expect(await store.snapshot('tallies', (await servingOf(store)).number, (snapshot) => fold.flawOf(snapshot, all))).toBeUndefined();
};

/** The content of documents and groups under this trouble, by key. */
const documentsUnder = async (history: ToldHistory, trouble: Trouble): Promise<ReadonlyMap<string, string>> => {
  const projection = talliesOf(trouble);
  const documents = new Map<string, object>();
  for (const event of await history.events()) foldInto(documents, projection, projection.wanted.decode(event));
  const collections = [...collectionsOf(projection, documents)];
  return new Map(
    collections.flatMap(([collection, entries]) => [...entries].map(([key, document]) => [`${collection} ${key}`, JSON.stringify(document)])),
  );
};

describe.for(await storesToTest())('on %s', (name) => {
  it.each(PLACES)('an event that is poison at the %s stops the projection and, once the code is mended, leaves no trace', (place) =>
    onFreshStore(name, async (store) => {
      const history = await ToldHistory.of(EVENTS);
      const poison = placeOf(place, await history.head());
      let isBroken = true;
      const projection = talliesOf({ ...NO_TROUBLE, isPoison: ({ position }) => isBroken && position === poison });
      const projector = projectorOf(history, { projection, store });
      await during(projector, () => until(() => projector.status()[0]?.state === 'stopped'));
      expect(projector.status()[0]?.reason).toContain(`cannot take ${poison}`);
      expect((await servingOf(store)).position).toBe(poison === 1n ? undefined : poison - 1n);
      await expectFold(store, history);
      isBroken = false;
      await runToHead(history, { projection, store });
      await expectFold(store, history);
    }),
  );

  it.each(PLACES)('an event that is poison at the %s is parked with later ones and, replayed by mended code, leaves no trace', (place) =>
    onFreshStore(name, async (store) => {
      const history = await ToldHistory.of(EVENTS);
      const poison = placeOf(place, await history.head());
      let isBroken = true;
      const trouble: Trouble = { ...NO_TROUBLE, isPoison: ({ position }) => isBroken && position === poison };
      const hosted: HostedProjection = { projection: talliesOf(trouble), store, recovery: { onFailure: 'park' } };
      await runToHead(history, hosted);
      expect((await store.parked('tallies', 1))[0]).toMatchObject({
        position: poison,
        error: expect.stringContaining(`cannot take ${poison}`) as string,
      });
      await expectFold(store, history, trouble);
      await history.grow(EVENTS + 2 * BATCH);
      await runToHead(history, hosted);
      await expectFold(store, history, trouble);
      isBroken = false;
      const projector = projectorOf(history, hosted);
      await during(projector, async () => expect((await projector.replayParked('tallies')).stillParked).toBe(0));
      await expectFold(store, history);
    }),
  );

  it('wrong code is found by verify, which names the damage; after a rollback and a rebuild nothing is left of it', () =>
    onFreshStore(name, async (store) => {
      const history = await ToldHistory.of(EVENTS);
      const mended = { projection: talliesOf(), store };
      await runToHead(history, mended);
      const wrong: Trouble = { ...NO_TROUBLE, amountOf: ({ data }) => data.amount + (data.number % 9 === 4 ? 1 : 0) };
      const rebuild = (projection = talliesOf()) =>
        new Rebuilder({ reader: history.store, projections: [{ projection, store }], batchSizeMax: BATCH, followMs: 0 }).run();
      await rebuild(talliesOf(wrong));
      await expectFold(store, history, wrong);

      const [right, spoilt] = [await documentsUnder(history, NO_TROUBLE), await documentsUnder(history, wrong)];
      const expected = [...new Set([...right.keys(), ...spoilt.keys()])].filter((key) => right.get(key) !== spoilt.get(key));
      expect(expected.length).toBeGreaterThan(2);
      const { differences, isSame } = await verifyProjection({ reader: history.store, hosted: mended });
      expect(isSame).toBe(false);
      expect([...new Set(differences.map(({ collection, key }) => `${collection} ${key}`))].toSorted()).toEqual(expected.toSorted());

      await history.grow(EVENTS + BATCH);
      const { outcome, generation } = await rollBack({ reader: history.store, hosted: mended, batchSizeMax: BATCH, followMs: 0 });
      expect([outcome, generation]).toEqual(['promoted', 1]);
      expect((await servingOf(store)).position).toBe(await history.head());
      await expectFold(store, history);
      await rebuild();
      expect((await servingOf(store)).number).toBe(3);
      await expectFold(store, history);
      expect((await verifyProjection({ reader: history.store, hosted: mended })).isSame).toBe(true);
    }));

  it('two versions of a projection that run at the same time never write one generation', () =>
    onFreshStore(name, async (store) => {
      const history = await ToldHistory.of(EVENTS);
      const [old, changed] = [
        projectorOf(history, { projection: talliesOf(), store }),
        projectorOf(history, { projection: talliesOf(NO_TROUBLE, 2), store, rebuild: 'auto' }),
      ];
      await during(old, async () => {
        // On an empty store neither would be the old one.
        await until(() => old.status()[0]?.state === 'live');
        await during(changed, async () => {
          await until(() => changed.status()[0]?.state === 'live');
          await history.grow(EVENTS + 2 * BATCH);
          await changed.waitFor('tallies', await history.head(), { timeoutMs: TIMEOUT_MS });
          await until(() => old.status()[0]?.state === 'stopped');
        });
      });
      expect(old.status()[0]?.reason).toContain('PROJECTION_CHANGED');
      await expectFold(store, history, NO_TROUBLE, 2);
      for (const { number, version } of await store.generations('tallies')) {
        const documents = (await store.scan('tallies', number, 'tallies', { limit: 1_000 })) as readonly (readonly [string, Tally])[];
        expect(documents.length).toBeGreaterThan(10);
        expect(new Set(documents.map(([, document]) => document.version))).toEqual(new Set([version]));
      }
    }));
});
