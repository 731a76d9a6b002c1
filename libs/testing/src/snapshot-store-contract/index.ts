// The contract of a snapshot store: every promise of the port, for any medium.
import { isMainstemError, streamName, type Incarnation, type SnapshotKey, type SnapshotStore, type StoredSnapshot } from '@mainstem/event-store';
import assert from 'node:assert/strict';
import type { ContractSuite } from '../contract-suite.js';

/** Makes the stores under test: an empty one for each case. */
export interface SnapshotStoreFixture {
  /** Part of the suite's name: "in memory", "embedded". */
  readonly name: string;
  create(): Promise<SnapshotStoreUnderTest>;
}

export interface SnapshotStoreUnderTest {
  readonly store: SnapshotStore;
  /** Another store on the same data, which the case closes; absent if no other store can reach the data. */
  another?(): Promise<SnapshotStore>;
  /** Closes the store, and removes the data. */
  dispose(): Promise<void>;
}

const LOG = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;
const OTHER_LOG = '7d1c5f0a-1b1e-4a44-8a2e-0c6f0f3b9d21' as Incarnation;
/** The largest part. */
const PART_BYTES = 262_144;
const HEAD_BYTES = 4_194_304;

const keyOf = (stream: string, incarnation = LOG): SnapshotKey => ({ incarnation, stream: streamName(stream) });

const bytesOf = (text: string, length = text.length): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = text.charCodeAt(index % text.length) ^ (index >>> 8);
  return bytes;
};

const snapshotOf = (head: string, ...ids: readonly string[]): StoredSnapshot => ({
  head: bytesOf(head),
  parts: ids.map((id) => ({ id, bytes: bytesOf(`bytes of ${id}`) })),
});

const assertSame = (actual: StoredSnapshot | undefined, expected: StoredSnapshot): void => {
  assert(actual, 'there is no snapshot');
  assert.deepEqual([...actual.head], [...expected.head]);
  assert.deepEqual(
    actual.parts.map(({ id, bytes }) => [id, [...bytes]]),
    expected.parts.map(({ id, bytes }) => [id, [...bytes]]),
  );
};

type Run = (made: SnapshotStoreUnderTest) => Promise<void>;

const CASES: Readonly<Record<string, Run>> = {
  'has nothing of a stream without a snapshot': async ({ store }) => {
    assert.equal(await store.load(keyOf('order-1')), undefined);
    assert.equal(await store.remove(), 0);
  },

  'gives back the bytes of the head and of the parts, in their order': async ({ store }) => {
    const large: StoredSnapshot = {
      head: bytesOf('head', HEAD_BYTES),
      parts: Array.from({ length: 20 }, (_, index) => ({ id: `part${20 - index}`, bytes: bytesOf(`part ${index}`, PART_BYTES) })),
    };
    await store.save(keyOf('order-1'), large);
    const loaded = await store.load(keyOf('order-1'));
    assert(loaded);
    assert(Buffer.from(loaded.head).equals(large.head));
    assert.deepEqual(
      loaded.parts.map(({ id, bytes }) => [id, Buffer.from(bytes).equals(large.parts.find((part) => part.id === id)?.bytes ?? new Uint8Array())]),
      large.parts.map(({ id }) => [id, true]),
    );
  },

  'replaces the snapshot of a stream as a whole': async ({ store }) => {
    await store.save(keyOf('order-1'), snapshotOf('first', 'a', 'b'));
    const second = snapshotOf('second', 'c', 'a');
    await store.save(keyOf('order-1'), second);
    assertSame(await store.load(keyOf('order-1')), second);
    const third = snapshotOf('third');
    await store.save(keyOf('order-1'), third);
    assertSame(await store.load(keyOf('order-1')), third);
  },

  'forgets a part that a later snapshot does not name': async ({ store }) => {
    await store.save(keyOf('order-1'), snapshotOf('first', 'a'));
    await store.save(keyOf('order-1'), snapshotOf('second'));
    const other: StoredSnapshot = { head: bytesOf('third'), parts: [{ id: 'a', bytes: bytesOf('other bytes') }] };
    await store.save(keyOf('order-1'), other);
    assertSame(await store.load(keyOf('order-1')), other);
  },

  'keeps streams and event stores apart, also where they have parts of one id': async ({ store }) => {
    const kept = [
      [keyOf('order-1'), { head: bytesOf('one'), parts: [{ id: 'a', bytes: bytesOf('of one') }] }],
      [keyOf('order-2'), { head: bytesOf('two'), parts: [{ id: 'a', bytes: bytesOf('of two') }] }],
      [keyOf('order-1', OTHER_LOG), { head: bytesOf('three'), parts: [{ id: 'a', bytes: bytesOf('of three') }] }],
    ] as const;
    for (const [key, snapshot] of kept) await store.save(key, snapshot);
    for (const [key, snapshot] of kept) assertSame(await store.load(key), snapshot);
  },

  'shares no memory with its callers': async ({ store }) => {
    const bytes = Buffer.from('part');
    const given = { head: Buffer.from('head'), parts: [{ id: 'a', bytes }] };
    await store.save(keyOf('order-1'), given);
    given.head[0] = 0;
    const loaded = await store.load(keyOf('order-1'));
    loaded?.head.fill(1);
    loaded?.parts[0]?.bytes.fill(1);
    bytes[0] = 0;
    assertSame(await store.load(keyOf('order-1')), { head: Buffer.from('head'), parts: [{ id: 'a', bytes: Buffer.from('part') }] });
  },

  'removes what is asked for, and counts it': async ({ store }) => {
    const keys = [keyOf('order-1'), keyOf('order-10'), keyOf('order-1', OTHER_LOG), keyOf('invoice-1'), keyOf('orders-1')];
    for (const key of keys) await store.save(key, snapshotOf('head', 'a'));
    const left = async (): Promise<readonly boolean[]> => Promise.all(keys.map(async (key) => (await store.load(key)) !== undefined));
    assert.equal(await store.remove(keyOf('order-1')), 1);
    assert.deepEqual(await left(), [false, true, true, true, true]);
    assert.equal(await store.remove({ streamPrefix: 'order-' }), 2);
    assert.deepEqual(await left(), [false, false, false, true, true]);
    assert.equal(await store.remove({ incarnation: OTHER_LOG }), 0);
    assert.equal(await store.remove(), 2);
    assert.deepEqual(await left(), [false, false, false, false, false]);
    // Nothing of the parts is left behind either.
    const other: StoredSnapshot = { head: bytesOf('head'), parts: [{ id: 'a', bytes: bytesOf('other bytes') }] };
    await store.save(keyOf('order-1'), other);
    assertSame(await store.load(keyOf('order-1')), other);
  },

  'never gives a mixture of two snapshots that are saved at the same time': async ({ store, another }) => {
    const other = another ? await another() : store;
    try {
      const snapshots = Array.from({ length: 20 }, (_, index) => snapshotOf(`head ${index}`, `p${index}`, 'shared', `q${index}`));
      await Promise.all(
        snapshots.map(async (snapshot, index) => {
          await (index % 2 === 0 ? store : other).save(keyOf('order-1'), snapshot);
          const seen = await store.load(keyOf('order-1'));
          assertSame(seen, snapshots.find(({ head }) => Buffer.from(head).equals(seen?.head ?? new Uint8Array())) ?? snapshot);
        }),
      );
    } finally {
      if (other !== store) await other.close();
    }
  },

  'shows another store on the same data what was saved': async ({ store, another }) => {
    if (!another) return;
    const other = await another();
    try {
      assert.equal(await other.load(keyOf('order-1')), undefined);
      await store.save(keyOf('order-1'), snapshotOf('one', 'a'));
      assertSame(await other.load(keyOf('order-1')), snapshotOf('one', 'a'));
      await other.save(keyOf('order-1'), snapshotOf('two', 'a', 'b'));
      assertSame(await store.load(keyOf('order-1')), snapshotOf('two', 'a', 'b'));
    } finally {
      await other.close();
    }
  },

  'rejects after it was closed; more calls of close are harmless': async ({ store }) => {
    await store.save(keyOf('order-1'), snapshotOf('one'));
    await Promise.all([store.close(), store.close()]);
    await store.close();
    const calls = [() => store.load(keyOf('order-1')), () => store.save(keyOf('order-1'), snapshotOf('two')), () => store.remove()];
    for (const call of calls) await assert.rejects(call, (error: unknown) => isMainstemError(error, 'SNAPSHOT_STORE_CLOSED'));
  },
};

/** Each case runs on its own data, which is disposed of afterwards, whatever the outcome. */
export const snapshotStoreContract = (fixture: SnapshotStoreFixture): ContractSuite => ({
  name: `snapshot store contract: ${fixture.name}`,
  cases: Object.entries(CASES).map(([name, run]) => ({
    name,
    run: async () => {
      const made = await fixture.create();
      try {
        await run(made);
      } finally {
        await made.dispose();
      }
    },
  })),
});
