// Contract of scan and snapshot: every document once, in the same order everywhere, in views that do not change.
import assert from 'node:assert/strict';
import type { ScanEntry } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { aBatch, anOrder, aParkedEvent, at, INCARNATION, openFirst, rejectsWith, type ContractContext, type DefineCase } from './contract-fixture.js';
import { ORDERS, TOTALS } from './contract-projection.js';

/** In the order of UTF-8 bytes, which differs from that of UTF-16 units and from every dictionary. */
const ORDERED_KEYS = [
  ' leading',
  '%_',
  '0',
  '10',
  '9',
  'A',
  'Z',
  '\\',
  '__proto__',
  'a',
  'a b',
  'aa',
  'z',
  'É',
  'é',
  'ключ',
  '日本',
  '\uE000',
  '\uFFFD',
  '🎉',
];

const pages = async ({ store, projection }: ContractContext, limit: number, collection = ORDERS): Promise<readonly ScanEntry[]> => {
  const all: ScanEntry[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.scan(projection.name, 1, collection, { limit, ...(after !== undefined && { after }) });
    all.push(...page);
    if (page.length < limit) return all;
    after = page.at(-1)?.[0];
  }
};

export const scanCases = (define: DefineCase): readonly ContractCase[] => [
  define('scans nothing from an empty generation', async (context) => {
    await openFirst(context);
    assert.deepEqual(await pages(context, 10), []);
  }),

  define('scans every document once, by key in code-point order, in pages of any size', async (context) => {
    const session = await openFirst(context);
    const shuffled = ORDERED_KEYS.map((key, index) => [key, (index * 7) % ORDERED_KEYS.length] as const).sort((left, right) => left[1] - right[1]);
    await session.commit(
      aBatch(
        undefined,
        at(1),
        shuffled.map(([stream, lines]) => anOrder(stream, { lines })),
      ),
    );
    const documents = await session.load(ORDERS, ORDERED_KEYS);
    for (const limit of [1, 3, ORDERED_KEYS.length, 1_000]) {
      const entries = await pages(context, limit);
      assert.deepEqual(
        entries.map(([key]) => key),
        ORDERED_KEYS,
      );
      for (const [key, document] of entries) assert.deepEqual(document, documents.get(key));
    }
  }),

  define('scans documents exactly as a session loads them, with the bookkeeping of roll-ups', async (context) => {
    const session = await openFirst(context);
    const total = { country: 'GB', orders: 1, lines: 2, total: '3.00', firstCustomer: null, linesMax: 2, $state: '[1,[0,0,0,[],[[2,1]]]]' };
    await session.commit({ ...aBatch(undefined, at(1)), changes: [{ collection: TOTALS, upserts: new Map([['GB', total]]), deletes: [] }] });
    assert.deepEqual(await pages(context, 10, TOTALS), [['GB', total]]);
  }),

  define('scans any generation, in any state', async (context) => {
    const { store, projection } = context;
    const first = await openFirst(context);
    await first.commit(aBatch(undefined, at(1), [anOrder('contract-1')]));
    for (const options of [{}, { isBulk: true }, { isSide: true }]) {
      const { number } = await store.createGeneration(projection, INCARNATION, options);
      const session = await store.open(projection, number);
      await session.commit(aBatch(undefined, at(1), [anOrder('contract-1', { lines: number })]));
      assert.deepEqual(await store.scan(projection.name, number, ORDERS, { limit: 10 }), [['contract-1', anOrder('contract-1', { lines: number })]]);
    }
    assert.deepEqual(await pages(context, 10), [['contract-1', anOrder('contract-1')]]);
  }),

  define('refuses to scan a missing generation or collection', async (context) => {
    const { store, projection } = context;
    await openFirst(context);
    const nothing = (): Promise<void> => Promise.resolve();
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.scan(projection.name, 9, ORDERS, { limit: 1 }));
    await rejectsWith('READ_STORE_UNKNOWN_GENERATION', store.snapshot(projection.name, 9, nothing));
    await rejectsWith('READ_STORE_UNKNOWN_COLLECTION', store.scan(projection.name, 1, 'contract-none', { limit: 1 }));
    await rejectsWith(
      'READ_STORE_UNKNOWN_COLLECTION',
      store.snapshot(projection.name, 1, (snapshot) => snapshot.scan('contract-none', { limit: 1 })),
    );
  }),

  define('shows a snapshot one state, with its checkpoint and parked events, while batches are committed', async (context) => {
    const { store, projection } = context;
    const session = await openFirst(context);
    const keys = ['a', 'b', 'c', 'd'];
    const batch = (place: number) => ({
      ...aBatch(
        place === 1 ? undefined : at(place - 1),
        at(place),
        keys.map((key) => anOrder(key, { lines: place })),
      ),
      park: [aParkedEvent('p', at(place), 'broken')],
    });
    await session.commit(batch(1));
    await store.snapshot(projection.name, 1, async (snapshot) => {
      for (let place = 2; place <= 5; place++) {
        await session.commit(batch(place));
        const after = keys[place - 3];
        const [entry] = await snapshot.scan(ORDERS, { limit: 1, ...(after !== undefined && { after }) });
        assert.deepEqual(entry, [keys[place - 2], anOrder(String(keys[place - 2]), { lines: 1 })]);
      }
      assert.equal(snapshot.generation.checkpoint.position, at(1));
      assert.deepEqual(
        (await snapshot.parked({ limit: 10 })).map(({ position }) => position),
        [at(1)],
      );
      assert.deepEqual(await snapshot.parked({ after: at(1), limit: 10 }), []);
    });
    assert.deepEqual(
      await pages(context, 2),
      keys.map((key) => [key, anOrder(key, { lines: 5 })]),
    );
  }),

  define('passes on the error of the work with a snapshot', async (context) => {
    const { store, projection } = context;
    await openFirst(context);
    const failing = store.snapshot(projection.name, 1, () => Promise.reject(new RangeError('mine')));
    await assert.rejects(failing, { name: 'RangeError', message: 'mine' });
  }),
];
