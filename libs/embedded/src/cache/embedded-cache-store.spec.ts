// What the embedded cache promises.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Incarnation, position, type Runtime, systemRuntime } from '@mainstem/event-store';
import type { CollectionDescriptor, DocumentClass, ProjectionDescriptor, ProjectionDocument, ReadStoreSession } from '@mainstem/projection';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheCollections } from './cache-options.js';
import type { Place } from './cache-view.js';
import { EmbeddedCacheStore } from './embedded-cache-store.js';

interface Customer {
  readonly name?: string;
  readonly net?: number;
  readonly month?: string;
  readonly until?: number;
}

const INCARNATION = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;
const customers: CollectionDescriptor = { name: 'customers', document: Object as DocumentClass, hasState: true };
const projection: ProjectionDescriptor = { name: 'customers', version: 1, fingerprint: 'f'.repeat(16), collections: [customers] };
const BOARDS: CacheCollections = {
  customers: {
    boards: ({ net, month }: Customer) => [
      ...(net === undefined ? [] : [{ board: 'net', score: net }]),
      ...(net === undefined || month === undefined ? [] : [{ board: `net:${month}`, score: net }]),
    ],
    expiresAt: ({ until }: Customer) => until ?? null,
  },
};

let dir: string;
let store: EmbeddedCacheStore;
let session: ReadStoreSession;
let place = 0n;
let now = 0;
const runtime: Runtime = { ...systemRuntime, now: () => now };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-cache-'));
  place = 0n;
  now = 1_000_000;
  await openStore(BOARDS);
});

afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const openStore = async (collections: CacheCollections): Promise<void> => {
  store = await EmbeddedCacheStore.open({ dir, runtime, collections });
  const [found] = await store.generations(projection.name);
  const generation = found ?? (await store.createGeneration(projection, INCARNATION));
  session = await store.open(projection, generation.number);
};

const write = async (upserts: Readonly<Record<string, ProjectionDocument>>, deletes: readonly string[] = []): Promise<void> => {
  const from = place === 0n ? undefined : position(place);
  const changes = [{ collection: 'customers', upserts: new Map(Object.entries(upserts)), deletes }];
  await session.commit({ changes, checkpoint: { from, to: position(++place), digest: '0'.repeat(16) } });
};

const get = async (key: string): Promise<Customer | undefined> => (await store.read([], (view) => view.get<Customer>('customers', key))).value;

const top = async (board: string, limit = 1_000): Promise<readonly (readonly [string, number])[]> => {
  const { value } = await store.read([], (view) => view.top<Customer>('customers', board, limit));
  return value.map(({ key, score }) => [key, score]);
};

describe('the embedded cache', () => {
  it('returns documents as they were written, without the bookkeeping of the engine', async () => {
    const document = { name: 'Ünï \u0000 "\u{1F600}', net: Number.MAX_SAFE_INTEGER, list: [1.5, null, { deep: [] }], ['__proto__x']: {} };
    await write({ a: { ...document, $state: 's' } });

    expect(await get('a')).toEqual(document);
    expect((await session.load('customers', ['a', 'b'])).get('a')).toEqual({ ...document, $state: 's' });
    expect(await get('b')).toBeUndefined();
  });

  it('orders a leaderboard by score descending, then by key in code-point order', async () => {
    await write({
      z: { net: 5 },
      a: { net: 5 },
      B: { net: 5 },
      '\u{1F600}': { net: 5 },
      '\uFFFD': { net: 5 },
      min: { net: -3 },
      max: { net: 2 ** 53 - 1 },
      none: {},
    });

    expect(await top('net')).toEqual([
      ['max', 2 ** 53 - 1],
      ['B', 5],
      ['a', 5],
      ['z', 5],
      ['\uFFFD', 5],
      ['\u{1F600}', 5],
      ['min', -3],
    ]);
    expect(await top('net', 2)).toEqual([
      ['max', 2 ** 53 - 1],
      ['B', 5],
    ]);
  });

  it('keeps leaderboards in step with documents that change and go', async () => {
    await write({ a: { net: 1, month: '2011-01' }, b: { net: 2, month: '2011-01' }, c: { net: 3, month: '2011-02' } });
    await write({ a: { net: 9, month: '2011-02' }, b: { net: 2 } }, ['c', 'absent']);

    expect(await top('net')).toEqual([
      ['a', 9],
      ['b', 2],
    ]);
    expect(await top('net:2011-01')).toEqual([]);
    expect(await top('net:2011-02')).toEqual([['a', 9]]);
    expect(await top('unknown')).toEqual([]);
  });

  it('continues a leaderboard after any place', async () => {
    await write(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, { net: index % 4 }])));
    const { value } = await store.read([], (view) => {
      const whole = view.top('customers', 'net', 1_000);
      const rests = whole.map((cursor) => view.top('customers', 'net', 1_000, cursor));
      return { whole, rests };
    });

    expect(value.whole).toHaveLength(30);
    value.rests.forEach((rest, index) => expect(rest).toEqual(value.whole.slice(index + 1)));
  });

  it('agrees with leaderboards worked out anew, after any sequence of changes', async () => {
    const model = new Map<string, Customer>();
    let seed = 7;
    const next = (bound: number): number => (seed = (seed * 48_271) % 2_147_483_647) % bound;
    for (let round = 0; round < 60; round++) {
      const upserts: Record<string, Customer> = {};
      for (let count = 0; count < 5; count++)
        upserts[`k${next(20)}`] = { ...(next(4) > 0 && { net: next(6) - 2 }), ...(next(2) > 0 && { month: `m${next(2)}` }) };
      const deletes = [`k${next(20)}`].filter((key) => !(key in upserts));
      await write(upserts, deletes);
      Object.entries(upserts).forEach(([key, document]) => model.set(key, document));
      deletes.forEach((key) => model.delete(key));
      const expected = [...model]
        .flatMap(([key, { net, month }]) => (net === undefined || month !== 'm1' ? [] : [[key, net] as const]))
        .sort(([leftKey, left], [rightKey, right]) => right - left || (leftKey < rightKey ? -1 : 1));

      expect(await top('net:m1')).toEqual(expected);
    }
  });

  it('reads a document as absent from the moment it expires', async () => {
    await write({ a: { net: 1, until: now + 10 }, b: { net: 2 } });
    now += 9;
    expect(await get('a')).toBeDefined();
    now += 1;

    expect(await get('a')).toBeUndefined();
    expect(await top('net')).toEqual([['b', 2]]);
    expect([...(await session.load('customers', ['a', 'b'])).keys()]).toEqual(['b']);
  });

  it('removes expired documents while it commits, so that they do not come back', async () => {
    await write({ a: { net: 1, until: now + 10 }, b: { net: 2 } });
    now += 10;
    await write({ c: {} });
    now -= 10;

    expect(await get('a')).toBeUndefined();
    expect(await top('net')).toEqual([['b', 2]]);
  });

  it('writes a document anew after it has expired', async () => {
    await write({ a: { net: 1, until: now + 10 } });
    now += 10;
    await write({ a: { net: 7, until: now + 10 } });

    expect(await get('a')).toEqual({ net: 7, until: now + 10 });
    expect(await top('net')).toEqual([['a', 7]]);
  });

  it('shows a query one snapshot, whatever is committed meanwhile', async () => {
    await write({ a: { net: 1 }, b: { net: 1 } });
    const other = await EmbeddedCacheStore.open({ dir, runtime });
    let commit: Promise<void> | undefined;
    const { value, position: reflected } = await other.read(['customers'], (view) => {
      const before = view.get<Customer>('customers', 'a');
      commit = write({ a: { net: 2 }, b: { net: 2 } }); // runs at once: the file is not busy
      return [before, view.get<Customer>('customers', 'b'), view.top('customers', 'net', 1)[0]?.score];
    });
    await commit;

    expect(value).toEqual([{ net: 1 }, { net: 1 }, 1]);
    expect(reflected).toBe(1n);
    expect(await other.read(['customers'], (view) => view.get('customers', 'b'))).toEqual({ value: { net: 2 }, position: 2n });
    await other.close();
  });

  it('tells the smallest position of the projections asked for', async () => {
    const second: ProjectionDescriptor = { ...projection, name: 'second', collections: [{ ...customers, name: 'second' }] };
    await store.createGeneration(second, INCARNATION);
    const behind = await store.open(second, 1);
    await write({});
    await write({});
    const at = async (...names: string[]): Promise<unknown> => (await store.read(names, () => null)).position;

    expect(await at('customers', 'second')).toBeUndefined();
    await behind.commit({ changes: [], checkpoint: { from: undefined, to: position(1n), digest: '0'.repeat(16) } });
    expect(await at('customers', 'second')).toBe(1n);
    expect(await at('customers')).toBe(2n);
    expect(await at('customers', 'unknown')).toBeUndefined();
    expect(await at()).toBeUndefined();
  });

  it('makes the leaderboards of a generation filled in bulk when it is finished, also after a session was lost', async () => {
    await write({ a: { net: 1 } });
    const { number } = await store.createGeneration(projection, INCARNATION, { isBulk: true });
    const commit = (of: ReadStoreSession, to: number, upserts: Readonly<Record<string, ProjectionDocument>>, deletes: readonly string[] = []) => {
      const changes = [{ collection: 'customers', upserts: new Map(Object.entries(upserts)), deletes }];
      const from = to === 1 ? undefined : position(BigInt(to - 1));
      return of.commit({ changes, checkpoint: { from, to: position(BigInt(to)), digest: '0'.repeat(16) } });
    };
    await commit(await store.open(projection, number), 1, { a: { net: 10 }, b: { net: 30 }, c: { net: 20, month: 'm' } });
    const bulk = await store.open(projection, number);
    await commit(bulk, 2, { b: { net: 5, month: 'm' } }, ['c']);
    await bulk.finishBulk();
    await commit(bulk, 3, { d: { net: 7 }, a: { net: 4 } });
    await store.promote('customers', number);
    expect(await top('net')).toEqual([
      ['d', 7],
      ['b', 5],
      ['a', 4],
    ]);
    expect(await top('net:m')).toEqual([['b', 5]]);
  });

  it('shows the generation that serves, and the next one after its promotion', async () => {
    await write({ a: { net: 1 } });
    const { number } = await store.createGeneration(projection, INCARNATION);
    const filling = await store.open(projection, number);
    const changes = [{ collection: 'customers', upserts: new Map([['a', { net: 2 }]]), deletes: [] }];
    await filling.commit({ changes, checkpoint: { from: undefined, to: position(5n), digest: '0'.repeat(16) } });

    expect(await get('a')).toEqual({ net: 1 });
    await store.promote('customers', number);
    expect(await get('a')).toEqual({ net: 2 });
    expect(await top('net')).toEqual([['a', 2]]);
    await store.promote('customers', 1, { isForced: true });
    expect(await get('a')).toEqual({ net: 1 });
  });

  it('works leaderboards and expiry out anew when other ones are declared', async () => {
    await write(Object.fromEntries(Array.from({ length: 2_500 }, (_, index) => [`k${String(index).padStart(4, '0')}`, { net: index, month: 'm' }])));
    await store.close();
    await openStore({
      customers: { boards: ({ net = 0 }: Customer) => [{ board: 'loss', score: -net }], expiresAt: ({ net }: Customer) => (net === 0 ? now : null) },
    });

    expect(await top('net')).toEqual([]);
    expect(await top('loss', 2)).toEqual([
      ['k0001', -1],
      ['k0002', -2],
    ]);
    await write({ k0001: { net: 3_000 } });
    expect(await top('loss', 1)).toEqual([['k0002', -2]]);
    expect((await store.read([], (view) => view.top('customers', 'loss', 1_000, { key: 'k1500', score: -1_500 }))).value).toHaveLength(1_000);
  });

  it('works them out anew when only the version is raised', async () => {
    let factor = 1;
    const boards = ({ net = 0 }: Customer): { board: string; score: number }[] => [{ board: 'net', score: net * factor }];
    await store.close();
    await openStore({ customers: { boards } });
    await write({ a: { net: 5 } });
    factor = 2;
    await store.close();
    await openStore({ customers: { boards } });
    expect(await top('net')).toEqual([['a', 5]]);
    await store.close();
    await openStore({ customers: { boards, version: 2 } });

    expect(await top('net')).toEqual([['a', 10]]);
  });

  it.each([0, -1, 1.5, 1_001, Number.NaN])('refuses a limit of %d', async (limit) => {
    await expect(top('net', limit)).rejects.toMatchObject({ code: 'CACHE_INVALID_QUERY' });
  });

  it.each([{ net: 1.5 }, { net: 2 ** 53 }, { until: 1.5 }, { net: Number.NaN }, { at: new Date(0) }, { big: 1n }])(
    'refuses a document it cannot hold, and writes nothing: %o',
    async (document) => {
      await expect(write({ good: {}, bad: document })).rejects.toMatchObject({ code: 'READ_STORE_INVALID_DOCUMENT' });
      expect(await get('good')).toBeUndefined();
      expect((await store.generations('customers'))[0]?.checkpoint.position).toBeUndefined();
    },
  );

  it('refuses a key that UTF-8 cannot hold', async () => {
    await expect(write({ '\ud800': {} })).rejects.toMatchObject({ code: 'READ_STORE_INVALID_DOCUMENT' });
  });

  it('refuses to be asked after the query is over', async () => {
    const { value: view } = await store.read([], (given) => given);

    expect(() => view.get('customers', 'a')).toThrow(TypeError);
  });

  it('lets a query fail with its own error, and goes on', async () => {
    await write({ a: { net: 1 } });

    await expect(
      store.read([], () => {
        throw new RangeError('mine');
      }),
    ).rejects.toThrow(new RangeError('mine'));
    expect(await get('a')).toEqual({ net: 1 });
  });

  it('has nothing to show before its projector has started', async () => {
    const { value, position: reflected } = await store.read(['unknown'], (view): readonly [unknown, readonly Place<object>[]] => [
      view.get('unknown', 'a'),
      view.top('unknown', 'net', 10),
    ]);

    expect(value).toEqual([undefined, []]);
    expect(reflected).toBeUndefined();
  });
});
