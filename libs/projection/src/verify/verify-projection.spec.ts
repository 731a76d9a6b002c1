// Verify names exactly the differences, finds none without any, and is not disturbed by new events.
import type { InMemoryEventStore, Position, RecordedEvent } from '@mainstem/event-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { handlerProjection } from '../definition/handler-projection.js';
import { Projector } from '../run/projector.js';
import { append, filledStore, tallyEvents, tallyProjection, until, type Tally } from '../tally.fixtures.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import type { MemoryTransaction } from '../memory/memory-session.js';
import type { AnyProjection, HostedProjection } from '../definition/hosted-projection.js';
import type { Generation } from '../read-store/checkpoint.js';
import type { GenerationSnapshot, ParkedEvent, ScanEntry, ScanOptions } from '../read-store/read-store.js';
import { verifyProjection, type VerifyOptions, type VerifyReport } from './verify-projection.js';

const TIMEOUT = { timeoutMs: 4_000 };
const EVENTS = 300;

class Row {}
const log = handlerProjection<MemoryTransaction, [typeof tallyEvents]>({
  name: 'log',
  version: 1,
  tables: { 'log-rows': Row, 'log-sums': Row },
  events: [tallyEvents],
  types: ['Added'],
  apply: async (transaction, events) => {
    const streams = [...new Set(events.map(({ stream }) => stream))];
    const sums = new Map(await transaction.find<{ sum: number }>('log-sums', streams));
    const rows = new Map<string, object>();
    for (const { stream, position, data } of events) {
      const { amount } = data as { readonly amount: number };
      rows.set(`${stream}/${position}`, { amount });
      sums.set(stream, { sum: (sums.get(stream)?.sum ?? 0) + amount });
    }
    await transaction.upsert('log-rows', rows);
    await transaction.upsert('log-sums', sums);
  },
});

let reader: InMemoryEventStore;
let store: MemoryReadStore;
const running: Projector[] = [];

beforeEach(async () => {
  reader = await filledStore(EVENTS);
  for (let stream = 0; stream < 60; stream++) await append(reader, `s${stream}`, stream);
  await append(reader, 's7', 0, 'Cleared');
  store = new MemoryReadStore();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
});

const host = (projection: AnyProjection = tallyProjection()): HostedProjection => ({
  projection,
  store,
  recovery: { onFailure: 'park', attemptsMax: 1, retryDelayMs: 1, retryDelayMaxMs: 1 },
});
const start = (hosted: HostedProjection): Projector => {
  const projector = new Projector({ reader, projections: [hosted], batchSizeMax: 20 });
  running.push(projector);
  projector.start();
  return projector;
};
const project = async (hosted: HostedProjection): Promise<void> => {
  const projector = start(hosted);
  await projector.waitFor(hosted.projection.name, (await reader.head()) as Position, TIMEOUT);
  await projector.stop();
};
const verify = (hosted: HostedProjection, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> =>
  verifyProjection({ reader, hosted, ...options });

/** Writes without the engine: the checkpoint does not move. */
const damage = async (
  { projection }: HostedProjection,
  collection: string,
  upserts: ReadonlyMap<string, object>,
  deletes: readonly string[] = [],
): Promise<void> => {
  const session = await store.open(projection, 1);
  const { position, digest } = session.checkpoint;
  await session.commit({ changes: [{ collection, upserts, deletes }], checkpoint: { from: position, to: position, digest } });
};
const tallyOf = (key: string): Tally => store.documents<Tally>('tally').get(key) as Tally;

describe('verifying a document projection', () => {
  it('finds no difference in the writes of the engine', async () => {
    await project(host());
    const report = await verify(host());
    expect(report).toMatchObject({ projection: 'tally', store: 'memory', generation: 1, isSame: true, position: 361n, differences: [] });
    expect(report.documentsCompared).toBe(store.documents('tally').size + store.documents('tally-sizes').size);
    expect(report.digest.stored).toBe(report.digest.expected);
  });

  it('names store, projection, collection, key, field, both values and the last event of a changed document', async () => {
    await project(host());
    await damage(host(), 'tally', new Map([['tally-s5', { ...tallyOf('tally-s5'), total: 6 }]]));
    const { isSame, differences, documentsDiffering, fieldsDiffering } = await verify(host());
    expect({ isSame, documentsDiffering, fieldsDiffering }).toEqual({ isSame: false, documentsDiffering: 1, fieldsDiffering: 1 });
    expect(differences).toEqual([
      {
        store: 'memory',
        projection: 'tally',
        collection: 'tally',
        key: 'tally-s5',
        kind: 'changed',
        field: 'total',
        stored: 6,
        expected: 5,
        lastEvent: { position: 306n, type: 'Added', stream: 'tally-s5' },
      },
    ]);
  });

  it('names a missing document, and one that no event explains', async () => {
    await project(host());
    const expected = tallyOf('tally-s3');
    await damage(host(), 'tally', new Map([['tally-nobody', { key: 'tally-nobody' }]]), ['tally-s3']);
    expect((await verify(host())).differences).toEqual([
      expect.objectContaining({ key: 'tally-nobody', kind: 'surplus', stored: { key: 'tally-nobody' }, expected: undefined }),
      expect.objectContaining({
        key: 'tally-s3',
        kind: 'missing',
        stored: undefined,
        expected,
        lastEvent: expect.objectContaining({ position: 304n }),
      }),
    ]);
  });

  it('names the event that deleted a document which is still there', async () => {
    await project(host());
    await damage(host(), 'tally', new Map([['tally-s7', { key: 'tally-s7', total: 7, amounts: [7] }]]));
    const [difference] = (await verify(host())).differences;
    expect(difference).toMatchObject({ key: 'tally-s7', kind: 'surplus', lastEvent: { position: 361n, type: 'Cleared' } });
  });

  it('compares roll-ups including the bookkeeping that queries do not show', async () => {
    await project(host());
    const [[, one]] = (await store.scan('tally', 1, 'tally-sizes', { limit: 1 })) as [[string, { $state: string; total: number }]];
    await damage(host(), 'tally-sizes', new Map([['1', { ...one, $state: one.$state.replace('[59', '[58') }]]));
    expect((await verify(host())).differences).toMatchObject([
      { collection: 'tally-sizes', key: '1', field: '$state', expected: one.$state, lastEvent: { position: 360n } },
    ]);
  });

  it('shows events that were never applied by their digest, even if no document does', async () => {
    await project(host());
    const session = await store.open(tallyProjection(), 1);
    const { position } = session.checkpoint;
    await session.commit({ changes: [], checkpoint: { from: position, to: position, digest: '0123456789abcdef' } });
    const report = await verify(host());
    expect(report).toMatchObject({ isSame: false, documentsDiffering: 0, digest: { stored: '0123456789abcdef' } });
  });

  it('finds the same in many passes with little memory', async () => {
    await project(host());
    await damage(host(), 'tally', new Map([['tally-s5', { ...tallyOf('tally-s5'), total: 6 }]]), ['tally-s3', 'tally-s40']);
    const whole = await verify(host());
    let passes = 0;
    const parts = await verify(host(), { memoryBytesMax: 2_000, onProgress: (progress) => (passes = progress.passes) });
    expect(passes).toBeGreaterThan(5);
    expect(byKey(parts)).toEqual(byKey(whole));
    expect(whole.documentsDiffering).toBe(3);
    await expect(verify(host(), { memoryBytesMax: 2_000, keyRangesMax: 2 })).rejects.toMatchObject({ code: 'PROJECTION_VERIFY_TOO_LARGE' });
  });

  it('compares a stable share of the documents in a sample, and reports what it leaves out', async () => {
    await project(host());
    await damage(host(), 'tally', new Map(), [...store.documents('tally').keys()]);
    const tenth = byKey(await verify(host(), { sample: 0.1 }));
    const half = await verify(host(), { sample: 0.5 });
    expect(half.skipped).toEqual(['tally-sizes']);
    expect(half.documentsDiffering).toBeGreaterThan(15);
    expect(half.documentsDiffering).toBeLessThan(47);
    expect(byKey(half)).toEqual(expect.arrayContaining(tenth));
    expect(byKey(await verify(host(), { sample: 0.5 }))).toEqual(byKey(half));
  });

  it('lists the first differences and counts all', async () => {
    await project(host());
    await damage(host(), 'tally', new Map(), [...store.documents('tally').keys()]);
    const told: string[] = [];
    const report = await verify(host(), { differencesMax: 3, onDifference: ({ key }) => told.push(key) });
    expect(report.differences).toHaveLength(3);
    expect(report.documentsDiffering).toBe(62);
    expect(told).toHaveLength(62);
  });

  it('compares documents of parked keys without their parked events', async () => {
    const failing = { isOn: true };
    const onFold = (event: RecordedEvent): void => {
      if (failing.isOn && event.position === 20n) throw new Error('no');
    };
    await project(host(tallyProjection({ onFold })));
    expect(await store.parked('tally', 1_000)).not.toHaveLength(0);
    failing.isOn = false;
    const same = host(tallyProjection({ onFold }));
    expect((await verify(same)).differences).toEqual([]);
    expect((await verify(same)).isSame).toBe(true);
    await new Projector({ reader, projections: [same] }).replayParked('tally');
    expect((await verify(same)).isSame).toBe(true);
  });

  it('is clean at any time while events are appended and projected', async () => {
    const projector = start(host());
    await until(async () => (await store.generations('tally')).length > 0);
    let isOver = false;
    const appending = (async () => {
      for (let amount = 1; !isOver; amount++) {
        await append(reader, `s${amount % 80}`, amount, amount % 11 === 0 ? 'Cleared' : 'Added');
        if (amount % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const positions = new Set<Position | undefined>();
    for (let round = 0; round < 20; round++) {
      const report = await verify(host(), { memoryBytesMax: round % 2 === 0 ? 4_000 : 1_000_000 });
      expect(report.differences).toEqual([]);
      expect(report.isSame).toBe(true);
      positions.add(report.position);
    }
    isOver = true;
    await appending;
    expect(positions.size).toBeGreaterThan(5);
    await until(() => projector.status()[0]?.state === 'live');
  });

  it('reads snapshots whose methods are those of a class', async () => {
    await project(host());
    class Snapshot implements GenerationSnapshot {
      constructor(private readonly inner: GenerationSnapshot) {}
      get generation(): Generation {
        return this.inner.generation;
      }
      scan(collection: string, options: ScanOptions): Promise<readonly ScanEntry[]> {
        return this.inner.scan(collection, options);
      }
      parked(options: { readonly limit: number }): Promise<readonly ParkedEvent[]> {
        return this.inner.parked(options);
      }
    }
    const taken = store.snapshot.bind(store);
    store.snapshot = (projection, generation, work) => taken(projection, generation, (snapshot) => work(new Snapshot(snapshot)));
    expect(await verify(host())).toMatchObject({ isSame: true, position: 361n });
  });

  it('refuses generations of another definition or event store, and missing ones', async () => {
    await expect(verify(host())).rejects.toMatchObject({ code: 'READ_STORE_UNKNOWN_GENERATION' });
    await project(host());
    await expect(verify(host(tallyProjection({ version: 2 })))).rejects.toMatchObject({ code: 'PROJECTION_CHANGED' });
    const other = await filledStore(1);
    await expect(verifyProjection({ reader: other, hosted: host() })).rejects.toMatchObject({ code: 'PROJECTION_FOREIGN_EVENT_STORE' });
  });

  it('ends when its signal fires', async () => {
    await project(host());
    await expect(verify(host(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'EVENT_STORE_ABORTED' });
  });
});

describe('verifying a handler projection', () => {
  it('finds no difference in the writes of the engine, and leaves no generation behind', async () => {
    await project(host(log));
    const report = await verify(host(log));
    expect(report).toMatchObject({ isSame: true, differences: [] });
    expect(report.documentsCompared).toBeGreaterThan(300);
    expect(await store.generations('log')).toHaveLength(1);
  });

  it('names changed, missing and surplus rows of its tables', async () => {
    await project(host(log));
    await damage(host(log), 'log-sums', new Map<string, object>([['tally-s9', { sum: 10 }]]));
    await damage(host(log), 'log-rows', new Map<string, object>([['tally-s9/0', { amount: 1 }]]), ['tally-s9/310']);
    expect((await verify(host(log))).differences).toMatchObject([
      { collection: 'log-rows', key: 'tally-s9/0', kind: 'surplus' },
      { collection: 'log-rows', key: 'tally-s9/310', kind: 'missing', expected: { amount: 9 } },
      { collection: 'log-sums', key: 'tally-s9', kind: 'changed', field: 'sum', stored: 10, expected: 9 },
    ]);
  });

  it('is clean while events are appended and projected', async () => {
    start(host(log));
    await until(async () => (await store.generations('log')).length > 0);
    let isOver = false;
    const appending = (async () => {
      for (let amount = 1; !isOver; amount++) {
        await append(reader, `s${amount % 80}`, amount);
        if (amount % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let round = 0; round < 5; round++) expect(await verify(host(log))).toMatchObject({ isSame: true, differences: [] });
    isOver = true;
    await appending;
  });
});

const byKey = ({ differences }: VerifyReport): object[] => differences.toSorted((left, right) => (left.key < right.key ? -1 : 1));
