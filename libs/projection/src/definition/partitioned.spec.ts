// Partitioned projections: the part of a key, what cannot be partitioned, and parking and replay in each part.
import { setTimeout as delay } from 'node:timers/promises';
import { streamOf, type InMemoryEventStore, type Position, type RecordedEvent } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { handlerProjection } from './handler-projection.js';
import type { DocumentProjection } from './document-projection.js';
import type { CrashPoint } from '../generations/crash-points.js';
import { append, filledStore, HookedReadStore, tallyEvents, tallyProjection, until, type TallyOptions } from '../tally.fixtures.js';
import { foldProjection } from '../fold/fold-projection.js';
import { Projector } from '../run/projector.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import type { MemorySession } from '../memory/memory-session.js';
import type { ProjectionDescriptor, PromoteOptions } from '../read-store/read-store.js';
import { Rebuilder } from '../rebuild/rebuilder.js';
import { fillSideGeneration } from '../side/fill-side-generation.js';
import { verifyProjection } from '../verify/verify-projection.js';
import { partitionOf } from '../read-store/partition.js';
import { partitioned } from './partitioned.js';

const PARTS = 4;

/** The tally without its roll-up, in parts. */
const splitTally = (options: TallyOptions = {}, parts = PARTS): DocumentProjection => {
  const { collections, ...whole } = tallyProjection(options);
  return partitioned({ ...whole, rollUps: [], collections: collections.slice(0, 1) }, parts);
};

const allOf = async (reader: InMemoryEventStore): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of reader.readAll()) events.push(...batch);
  return events;
};

/** Ids of streams, two for each part. */
const idsInAllParts = (): string[] => {
  const counts = Array.from({ length: PARTS }, () => 0);
  const ids: string[] = [];
  for (let index = 0; counts.some((count) => count < 2); index++) {
    const part = partitionOf(streamOf('tally', `s${index}`), PARTS);
    if ((counts[part] ?? 0) >= 2) continue;
    counts[part] = (counts[part] ?? 0) + 1;
    ids.push(`s${index}`);
  }
  return ids;
};

describe('the part of a key', () => {
  it('never changes, because read models depend on it', () => {
    const keys = ['', 'a', 'order-536365', 'tally-1', '№1', '日本', '🏷', 'x'.repeat(100)];
    expect(keys.map((key) => partitionOf(key, 64))).toEqual([42, 6, 63, 63, 63, 3, 2, 57]);
    expect(keys.map((key) => partitionOf(key, 1))).toEqual(keys.map(() => 0));
  });

  it('is spread evenly', () => {
    const counts = Array.from({ length: 7 }, () => 0);
    for (let index = 0; index < 70_000; index++) {
      const part = partitionOf(`order-${index}`, 7);
      counts[part] = (counts[part] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('partitioning a projection', () => {
  it('makes another definition of it, for each number of parts', () => {
    const fingerprints = [1, 2, 3].map((parts) => splitTally({}, parts).fingerprint);
    expect(new Set(fingerprints).size).toBe(3);
    const whole = tallyProjection();
    expect(partitioned(whole, 1)).toBe(whole);
  });

  it('is refused if one writer must see all events', () => {
    expect(() => partitioned(tallyProjection(), 2)).toThrow(/roll-ups \(tally-sizes\)/);
    const handler = handlerProjection({ name: 'rows', version: 1, tables: {}, events: [tallyEvents], apply: async () => undefined });
    expect(() => partitioned(handler, 2)).toThrow(expect.objectContaining({ code: 'PROJECTION_NOT_PARTITIONABLE' }));
    expect(partitioned(handler, 1)).toBe(handler);
  });

  it.each([0, -1, 1.5, 65, Number.NaN])('is refused for %d parts', (parts) => {
    expect(() => splitTally({}, parts)).toThrow(expect.objectContaining({ code: 'PROJECTION_INVALID_PARTITIONS' }));
  });

  it('is refused on a store that keeps one checkpoint', async () => {
    const store = Object.assign(new MemoryReadStore(), { hasPartitions: false });
    const projections = [{ projection: splitTally(), store }];
    expect(() => new Projector({ reader: {} as InMemoryEventStore, projections })).toThrow(
      expect.objectContaining({ code: 'PROJECTION_NOT_PARTITIONABLE' }),
    );
  });
});

describe('a partitioned projection', () => {
  it('is written part by part, each with its own session', async () => {
    const reader = await filledStore(0);
    for (const id of idsInAllParts()) await append(reader, id, 1);
    const store = new HookedReadStore();
    const projector = new Projector({ reader, projections: [{ projection: splitTally(), store }] });
    projector.start();
    await projector.waitFor('tally', (await reader.head()) as Position, { timeoutMs: 10_000 });
    expect(store.openSessions).toBe(PARTS);
    expect(store.documents('tally')).toEqual(foldProjection(splitTally(), await allOf(reader)).get('tally'));
    const [generation] = await store.generations('tally');
    expect(generation?.partitions?.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 1]);
    await projector.stop();
    expect(store.openSessions).toBe(0);
  });

  it('parks events for each part, in order, and after a replay equals a run without failures', async () => {
    const reader = await filledStore(0);
    const ids = idsInAllParts();
    for (let index = 1; index <= 120; index++) await append(reader, ids[index % ids.length] ?? '', index);
    let isBroken = true;
    const fails = (event: RecordedEvent, places: readonly bigint[]): void => {
      if (isBroken && places.includes(event.position)) throw new Error('no');
    };
    // Every part parks unknown keys, with their streams; only the part of a key parks its failing folds.
    const projection = splitTally({ onKey: (event) => fails(event, [3n, 60n]), onFold: (event) => fails(event, [10n, 21n, 100n]) });
    const store = new MemoryReadStore();
    const recovery = { onFailure: 'park', attemptsMax: 1, retryDelayMs: 1, retryDelayMaxMs: 1 } as const;
    const hosted = { projection, store, recovery };
    const projector = new Projector({ reader, projections: [hosted], batchSizeMax: 13 });
    projector.start();
    await projector.waitFor('tally', 120n as Position, { timeoutMs: 10_000 });
    const parked = await store.parked('tally', 1_000);
    expect(new Set(parked.filter(({ position, error }) => position === 3n && error !== '').map(({ key }) => key)).size).toBe(PARTS);
    expect(parked.filter(({ position, error }) => position === 10n && error !== '')).toHaveLength(1);
    await until(() => projector.status()[0]?.state === 'live');
    expect(projector.status()[0]).toMatchObject({ isHealthy: true, parkedEvents: parked.length });
    isBroken = false;
    expect((await verifyProjection({ reader, hosted })).isSame).toBe(true);
    expect(await projector.replayParked('tally')).toEqual({ replayed: parked.length, stillParked: 0 });
    await append(reader, ids[0] ?? '', 121);
    await projector.waitFor('tally', 121n as Position, { timeoutMs: 10_000 });
    expect(store.documents('tally')).toEqual(foldProjection(projection, await allOf(reader)).get('tally'));
    expect((await verifyProjection({ reader, hosted })).isSame).toBe(true);
    await projector.stop();
  });

  it('names a changed document in any part, and different digests', async () => {
    const reader = await filledStore(0);
    for (const id of idsInAllParts()) for (let amount = 1; amount <= 5; amount++) await append(reader, id, amount);
    const hosted = { projection: splitTally(), store: new MemoryReadStore() };
    const projector = new Projector({ reader, projections: [hosted] });
    projector.start();
    const head = (await reader.head()) as Position;
    await projector.waitFor('tally', head, { timeoutMs: 10_000 });
    await until(() => projector.status()[0]?.state === 'live');
    await projector.stop();
    for (const [number, part] of [2, 3].entries()) {
      const key =
        idsInAllParts()
          .map((id) => streamOf('tally', id) as string)
          .find((one) => partitionOf(one, PARTS) === part) ?? '';
      const session = await hosted.store.open(hosted.projection, 1, part);
      const { position, digest } = session.checkpoint;
      const upserts = new Map([[key, { key, total: -1, amounts: [] }]]);
      const checkpoint = { from: position, to: position, digest: part === 3 ? 'f'.repeat(16) : digest };
      await session.commit({ changes: [{ collection: 'tally', upserts, deletes: [] }], checkpoint });
      const report = await verifyProjection({ reader, hosted });
      expect(report).toMatchObject({ isSame: false, documentsDiffering: number + 1, documentsCompared: 8, position: head });
      expect(report.digest.stored === report.digest.expected).toBe(part !== 3);
      expect(new Set(report.differences.map((difference) => difference.key))).toContain(key);
    }
  });

  it('is checked and promoted once its last part is level; until then nothing is tried, and no writer is fenced off', async () => {
    const reader = await filledStore(100);
    const released = Promise.withResolvers<void>();
    const promotions: (PromoteOptions | undefined)[] = [];
    const store = new (class extends MemoryReadStore {
      override async open(projection: ProjectionDescriptor, generation: number, part?: number): Promise<MemorySession> {
        const session = await super.open(projection, generation, part);
        const commit = session.commit.bind(session);
        if (generation === 2 && part === 2) session.commit = (batch) => released.promise.then(() => commit(batch));
        return session;
      }
      override async promote(projection: string, generation: number, options?: PromoteOptions): Promise<void> {
        promotions.push(options);
        await super.promote(projection, generation, options);
      }
    })();
    const hosted = { projection: splitTally(), store };
    const projector = new Projector({ reader, projections: [hosted] });
    projector.start();
    await projector.waitFor('tally', 100n as Position, { timeoutMs: 10_000 });
    await projector.stop();
    promotions.length = 0;
    let isChecked = false;
    const crash = { reach: (point: CrashPoint) => void (isChecked ||= point === 'verify') };
    const rebuilding = new Rebuilder({ reader, projections: [hosted], crash, followMs: 0 }).run();
    const isLevel = async (part: number): Promise<boolean> => (await store.generations('tally'))[1]?.partitions?.[part]?.position === 100n;
    await until(async () => (await isLevel(0)) && (await isLevel(1)) && (await isLevel(3)));
    await delay(100);
    expect({ isChecked, promotions }).toEqual({ isChecked: false, promotions: [] });
    released.resolve();
    expect((await rebuilding).projections[0]).toMatchObject({ outcome: 'promoted', generation: 2 });
    expect({ isChecked, promotions }).toEqual({ isChecked: true, promotions: [{ isForced: false, fencesWriter: false }] });
  });

  it('fills a side generation in all of its parts', async () => {
    const reader = await filledStore(100);
    const hosted = { projection: splitTally(), store: new MemoryReadStore() };
    const { number, partitions } = await fillSideGeneration({ reader, hosted, until: 50n as Position });
    expect(partitions?.map(({ position }) => position)).toEqual([50n, 50n, 50n, 50n]);
    expect((await verifyProjection({ reader, hosted, generation: number })).isSame).toBe(true);
  });
});
