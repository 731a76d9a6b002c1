// Side generations: the read model at a position or a time.
import { systemRuntime, InMemoryEventStore, type Position, type RecordedEvent } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { foldProjection } from '../fold/fold-projection.js';
import { append, filledStore, HookedReadStore, restoredTo, tallyEvents, tallyProjection } from '../tally.fixtures.js';
import { documentProjection } from '../definition/document-projection.js';
import { InvalidDocument } from '../read-store/errors.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import { verifyProjection } from '../verify/verify-projection.js';
import { fillSideGeneration, placeOf, positionAt } from './fill-side-generation.js';

interface WideDocument {
  readonly amounts: string;
}

/** The amount of the event whose effect on `all` cannot be written. */
const REFUSED = 28;
const WIDTH = 1_000;

/** Each event has a thousand documents of its own, so a batch needs several commits, and one common document. */
const wideProjection = documentProjection({
  name: 'wide',
  version: 1,
  document: class {} as new () => WideDocument,
  events: [tallyEvents],
  key: (event) => (event.type === 'Added' ? ['all', ...Array.from({ length: WIDTH }, (_, index) => `${event.data.amount}/${index}`)] : null),
  evolve: {
    Added: (document, { data }) => ({ amounts: document ? `${document.amounts},${data.amount}` : String(data.amount) }),
    Cleared: () => null,
  },
});

const at = (place: number): Position => BigInt(place) as Position;

const eventsUpTo = async (reader: InMemoryEventStore, until: Position): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of reader.readAll()) events.push(...batch.filter(({ position }) => position <= until));
  return events;
};

describe('a side generation', () => {
  it.each([1, 7, 49, 50, 100])('holds the fold of the events up to position %i, and its checkpoint is there', async (place) => {
    const reader = await filledStore(100);
    const store = new MemoryReadStore();
    const projection = tallyProjection();
    const filled = await fillSideGeneration({ reader, hosted: { projection, store }, until: at(place) });
    expect(filled).toMatchObject({ state: 'side', isBulk: false, checkpoint: { position: at(place) } });
    const expected = foldProjection(projection, await eventsUpTo(reader, at(place))).get('tally');
    const stored = await store.scan('tally', filled.number, 'tally', { limit: 1_000 });
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(expected ?? []));
    expect(await verifyProjection({ reader, hosted: { projection, store }, generation: filled.number })).toMatchObject({ isSame: true });
  });

  it('is found again, and is not made twice', async () => {
    const reader = await filledStore(20);
    const hosted = { projection: tallyProjection(), store: new MemoryReadStore() };
    const first = await fillSideGeneration({ reader, hosted, until: at(10) });
    expect((await fillSideGeneration({ reader, hosted, until: at(10) })).number).toBe(first.number);
    expect((await fillSideGeneration({ reader, hosted, until: at(11) })).number).not.toBe(first.number);
  });

  it.each([
    ['whose last events are others', 'Added', 30],
    ['whose last wanted event is the same', 'Foreign', 30],
  ] as const)('is filled anew for an event store that was restored and has grown past it, %s', async (_, type, backup) => {
    const reader = await filledStore(backup);
    for (let amount = 1; amount <= 5; amount++) await append(reader, 'lost', amount, type);
    const hosted = { projection: tallyProjection(), store: new MemoryReadStore() };
    const first = await fillSideGeneration({ reader, hosted, until: at(35) });
    const restored = await restoredTo(reader, backup);
    for (let amount = 1; amount <= 9; amount++) await append(restored, 'new', amount);
    const second = await fillSideGeneration({ reader: restored, hosted, until: at(35) });
    expect(second.number).not.toBe(first.number);
    const expected = foldProjection(hosted.projection, await eventsUpTo(restored, at(35))).get('tally');
    expect(Object.fromEntries(await hosted.store.scan('tally', second.number, 'tally', { limit: 1_000 }))).toEqual(
      Object.fromEntries(expected ?? []),
    );
    // The state of the lost events stays until it is cleaned up, and each is found again by its own event store.
    expect((await hosted.store.generations()).map(({ number }) => number)).toEqual([first.number, second.number]);
    expect((await fillSideGeneration({ reader: restored, hosted, until: at(35) })).number).toBe(second.number);
    expect((await fillSideGeneration({ reader, hosted, until: at(35) })).number).toBe(first.number);
  });

  it('leaves nothing behind when an event fails, and parks it where the policy says so', async () => {
    const reader = await filledStore(20);
    const store = new MemoryReadStore();
    const onFold = ({ position }: RecordedEvent): void => {
      if (position === 5n || position === 9n) throw new Error('no');
    };
    const hosted = { projection: tallyProjection({ onFold }), store };
    await expect(fillSideGeneration({ reader, hosted, until: at(20) })).rejects.toMatchObject({ code: 'PROJECTION_FAILED' });
    expect(await store.generations()).toEqual([]);
    const parking = { ...hosted, recovery: { onFailure: 'park' as const } };
    const { number } = await fillSideGeneration({ reader, hosted: parking, until: at(20) });
    const parked = await store.snapshot('tally', number, (snapshot) => snapshot.parked({ limit: 100 }));
    expect(parked.filter(({ error }) => error !== '').map(({ position }) => position)).toEqual([5n, 9n]);
  });

  it('applies each event once when the store refuses a document of a batch that is written in several commits', { timeout: 60_000 }, async () => {
    const reader = new InMemoryEventStore();
    for (let amount = 1; amount <= 30; amount++) await append(reader, 'a', amount);
    const store = new HookedReadStore();
    store.onCommit = async ({ changes }, commit) => {
      const all = changes.flatMap(({ upserts }) => upserts.get('all') ?? []) as WideDocument[];
      if (all.some(({ amounts }) => amounts.split(',').includes(String(REFUSED))))
        throw new InvalidDocument('wide', 'all', 'the test does not like it');
      await commit();
    };
    const hosted = { projection: wideProjection, store, recovery: { onFailure: 'park' as const } };
    const { number } = await fillSideGeneration({ reader, hosted, until: at(30) });
    const documents = new Map((await store.scan('wide', number, 'wide', { limit: 100_000 })) as [string, WideDocument][]);
    expect(documents.size).toBe(30 * WIDTH + 1);
    // Events after the refused one wait for it.
    expect(documents.get('all')?.amounts).toBe(Array.from({ length: REFUSED - 1 }, (_, index) => index + 1).join());
    expect([...documents].filter(([key, { amounts }]) => key !== 'all' && !key.startsWith(`${amounts}/`))).toEqual([]);
  });

  it('is refused beyond the end of the event store', async () => {
    const reader = await filledStore(3);
    const hosted = { projection: tallyProjection(), store: new MemoryReadStore() };
    await expect(fillSideGeneration({ reader, hosted, until: at(4) })).rejects.toMatchObject({ code: 'PROJECTION_UNTIL_AHEAD' });
  });
});

describe('a place in time', () => {
  it('says of an empty event store that no event is there', async () => {
    await expect(positionAt(new InMemoryEventStore(), new Date(0))).rejects.toMatchObject({
      code: 'PROJECTION_UNTIL_TOO_EARLY',
      message: expect.stringContaining('the event store is empty') as string,
    });
  });

  it('is the last position recorded not after it, whatever the clock did', async () => {
    const times = [1_000, 2_000, 1_500, 3_000];
    let now = 0;
    const reader = new InMemoryEventStore({ runtime: { ...systemRuntime, now: () => now } });
    for (const time of times) {
      now = time;
      await append(reader, 'a', 1);
    }
    expect(await positionAt(reader, new Date(1_999))).toBe(3n);
    expect(await positionAt(reader, new Date(1_499))).toBe(1n);
    expect(await placeOf(reader, '1970-01-01T00:00:03.000Z')).toBe(4n);
    expect(await placeOf(reader, '2')).toBe(2n);
    await expect(positionAt(reader, new Date(999))).rejects.toMatchObject({
      code: 'PROJECTION_UNTIL_TOO_EARLY',
      message: expect.stringMatching(/^There is no event up to 1970-01-01T00:00:00\.999Z: the first one .*00:00:01\.000Z\. .* later /) as string,
    });
    await expect(placeOf(reader, 'noon')).rejects.toThrow('neither a position nor a time');
  });
});
