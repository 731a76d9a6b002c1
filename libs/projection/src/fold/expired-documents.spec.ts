// Documents that expire, in parts with different progress, and projections in which nothing may expire.
import { InMemoryEventStore, streamOf, systemRuntime, type EventId, type Position, type RecordedEvent } from '@mainstem/event-store';
import { beforeEach, describe, expect, it } from 'vitest';
import { documentProjection } from '../definition/document-projection.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import { partitioned } from '../definition/partitioned.js';
import { partitionOf, type Partition } from '../read-store/partition.js';
import { Rebuilder } from '../rebuild/rebuilder.js';
import type { Expiry, ProjectionDescriptor } from '../read-store/read-store.js';
import { DocumentWriter } from '../write/document-writer.js';
import { openGeneration, type OpenGeneration } from '../generations/open-generation.js';
import { Projector } from '../run/projector.js';
import { filledStore, tallyEvents, tallyProjection } from '../tally.fixtures.js';

const HOUR_MS = 3_600_000;
const OPTIONS = { condemned: [], nowMs: 0, isCheckpointDue: false };

class Count {
  readonly n!: number;
  readonly until!: number;
}
const counts = documentProjection({
  name: 'counts',
  version: 1,
  document: Count,
  events: [tallyEvents],
  key: ({ stream }) => stream,
  evolve: { Added: (count, { data }) => ({ n: (count?.n ?? 0) + 1, until: data.amount }) },
});

type ExpiringStore = MemoryReadStore & { expiryOf(collection: string): Expiry | undefined };

/** In memory; documents of the named collections expire, and all stored ones may be removed. */
const expiringStore = (...names: readonly string[]): ExpiringStore => {
  const expiry: Expiry = (document) => (document as Count).until;
  const store = Object.assign(new MemoryReadStore(), { expiryOf: (name: string) => (names.includes(name) ? expiry : undefined) });
  const open = store.open.bind(store);
  store.open = async (projection: ProjectionDescriptor, number: number, partition?: number) =>
    Object.assign(await open(projection, number, partition), {
      expiredKeys: async (collection: string, until: number) =>
        (await store.scan(projection.name, number, collection, { limit: 100 })).flatMap(([key, document]) =>
          (document as Count).until <= until ? key : [],
        ),
    });
  return store;
};

describe('documents that expire', () => {
  const projection = partitioned(counts, 2);
  /** One stream for each part. */
  const [zero, one] = [0, 1].map(
    (part) => Array.from({ length: 50 }, (_, id) => `s${id}`).find((id) => partitionOf(`tally-${id}`, 2) === part) ?? '',
  );
  let nowMs: number;
  let reader: InMemoryEventStore;
  let store: ExpiringStore;

  beforeEach(() => {
    nowMs = 0;
    reader = new InMemoryEventStore({ runtime: { ...systemRuntime, now: () => nowMs } });
    store = expiringStore('counts');
  });

  const added = async (atMs: number, id: string | undefined, until: number): Promise<void> => {
    nowMs = atMs;
    const event = { id: systemRuntime.uuid() as EventId, type: 'Added', data: { amount: until }, metadata: {} };
    await reader.append(streamOf('tally', id ?? ''), [event], { expectedRevision: 'any' });
  };

  const openPart = (number: number): Promise<OpenGeneration> =>
    openGeneration({ projection, store }, { reader, cacheBytesMax: 1_000_000, partition: { number, count: 2 } as Partition });

  const writeAll = async (open: OpenGeneration): Promise<void> => {
    const events: RecordedEvent[] = [];
    for await (const batch of reader.readAll(open.position === undefined ? {} : { after: open.position })) events.push(...batch);
    await new DocumentWriter(projection, { expiry: store.expiryOf('counts') }).write(
      open,
      { events, position: events.at(-1)?.position as Position },
      OPTIONS,
    );
  };

  const stored = async (): Promise<object> => Object.fromEntries(await store.scan('counts', 1, 'counts', { limit: 100 }));

  it('are removed only by their own part, whatever the progress of another part', async () => {
    await added(0, zero, 10);
    await added(0, one, 10);
    const [first, second] = [await openPart(0), await openPart(1)];
    await writeAll(first);
    await writeAll(second);
    await added(5, one, 20);
    await added(3 * HOUR_MS, zero, 4 * HOUR_MS);
    await writeAll(first);
    expect(await stored()).toMatchObject({ [`tally-${one}`]: { n: 1 } });
    // A part that has just begun knows only what is stored.
    await writeAll(await openPart(1));
    expect(await stored()).toEqual({ [`tally-${zero}`]: { n: 1, until: 4 * HOUR_MS }, [`tally-${one}`]: { n: 2, until: 20 } });
  });

  it('are removed by the next commit of their part', async () => {
    await added(0, zero, 10);
    const open = await openPart(0);
    await writeAll(open);
    const other = Array.from({ length: 50 }, (_, id) => `t${id}`).find((id) => partitionOf(`tally-${id}`, 2) === 0);
    await added(10 + HOUR_MS - 1, other, 4 * HOUR_MS);
    await writeAll(open);
    expect(Object.keys(await stored())).toEqual([`tally-${zero}`, `tally-${other}`]);
    await added(10 + HOUR_MS, other, 4 * HOUR_MS);
    await writeAll(open);
    expect(Object.keys(await stored())).toEqual([`tally-${other}`]);
  });
});

describe('a projection with roll-ups', () => {
  it.each(['tally', 'tally-sizes'])('is refused if %s expires', async (collection) => {
    const events = await filledStore(5);
    const hosted = { projection: tallyProjection(), store: expiringStore(collection) };
    const refused = { code: 'PROJECTION_INVALID_DEFINITION', message: expect.stringContaining(`documents of ${collection} expire`) as string };
    expect(() => new Projector({ reader: events, projections: [hosted] })).toThrow(expect.objectContaining(refused));
    await expect(new Rebuilder({ reader: events, projections: [hosted] }).run()).rejects.toMatchObject(refused);
  });

  it('runs if only documents of other projections expire', async () => {
    expect(
      () => new Projector({ reader: new InMemoryEventStore(), projections: [{ projection: tallyProjection(), store: expiringStore('counts') }] }),
    ).not.toThrow();
  });
});
