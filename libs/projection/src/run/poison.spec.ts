// Events that cannot be folded are never skipped silently: stopped before or parked in order, and replayed without a
// trace.
import type { InMemoryEventStore, Position, RecordedEvent } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import type { DocumentProjection } from '../definition/document-projection.js';
import { InvalidDocument } from '../read-store/errors.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import type { ParkedEvent } from '../read-store/read-store.js';
import { Projector } from './projector.js';
import type { ProjectionStatus } from './projection-status.js';
import { append, dump, filledStore, HookedReadStore, tallyProjection, until, type Tally, type TallyOptions } from '../tally.fixtures.js';

const FAST = { retryDelayMs: 1, retryDelayMaxMs: 3 };
const TIMEOUT = { timeoutMs: 4_000 };
const BATCH = 10;
const EVENTS = 40;
/** First and last of all, first and last of a batch, and in the middle of one; none is foreign. */
const PLACES = [1, 40, 11, 20, 24];

const running: Projector[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
});

interface RunOptions extends TallyOptions {
  readonly store?: MemoryReadStore;
  readonly onFailure?: 'stop' | 'park';
}
const start = (reader: InMemoryEventStore, { store = new MemoryReadStore(), onFailure = 'stop', ...options }: RunOptions) => {
  const projector = new Projector({
    reader,
    projections: [{ projection: tallyProjection(options), store, recovery: { ...FAST, onFailure } }],
    batchSizeMax: BATCH,
  });
  running.push(projector);
  projector.start();
  return { projector, store };
};
const only = (projector: Projector): ProjectionStatus => {
  const [status] = projector.status();
  if (!status) throw new TypeError('there is one projection');
  return status;
};
const failAt =
  (...places: readonly number[]) =>
  (event: RecordedEvent): void => {
    if (places.includes(Number(event.position))) throw new Error(`cannot take ${event.position}`);
  };
const undisturbed = async (reader: InMemoryEventStore): Promise<object> => {
  const { projector, store } = start(reader, {});
  await projector.waitFor('tally', (await reader.head()) as Position, TIMEOUT);
  return dump(store);
};
const digestOf = async (store: MemoryReadStore): Promise<string | undefined> => (await store.generations('tally'))[0]?.checkpoint.digest;
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const positions = (parked: readonly ParkedEvent[]): number[] => parked.map(({ position }) => Number(position));

describe('under stop', () => {
  it.each(PLACES)('a poison event at position %i leaves everything before it applied, and the checkpoint just before it', async (place) => {
    const reader = await filledStore(EVENTS);
    let tries = 0;
    const { projector, store } = start(reader, {
      onFold: (event) => {
        if (Number(event.position) === place) tries++;
        failAt(place)(event);
      },
    });
    await until(() => only(projector).state === 'stopped');
    expect(only(projector).isHealthy).toBe(false);
    expect(only(projector).reason).toBe(
      `PROJECTION_FAILED: Projection tally failed on Added at position ${place} (key tally-${'abc'.charAt(place % 3)}): cannot take ${place}`,
    );
    expect((await store.generations('tally'))[0]?.checkpoint.position).toBe(place === 1 ? undefined : BigInt(place - 1));
    expect(tries).toBe(3);
    const shorter = await filledStore(place - 1);
    if (place > 1) expect(dump(store)).toEqual(await undisturbed(shorter));
  });

  it('a restart after a fix goes on as if nothing had happened', async () => {
    const reader = await filledStore(EVENTS);
    const store = new MemoryReadStore();
    let isBroken = true;
    const options = { store, onFold: (event: RecordedEvent) => (isBroken ? failAt(24)(event) : undefined) };
    const first = start(reader, options);
    await until(() => only(first.projector).state === 'stopped');
    await first.projector.stop();
    isBroken = false;
    const second = start(reader, options);
    await second.projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it.each(['key', 'evolve'])('an event that fails once in %s and then works does not stop it', async (where) => {
    const reader = await filledStore(EVENTS);
    let failures = 0;
    const failOnce = (event: RecordedEvent): void => {
      if (Number(event.position) === 24 && failures++ < 2) throw new Error('not yet');
    };
    const { projector, store } = start(reader, where === 'key' ? { onKey: failOnce } : { onFold: failOnce });
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    expect(failures).toBe(3);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });
});

describe('under park', () => {
  it.each(PLACES)('a poison event at position %i and all later ones of its key are parked in order, and the others are applied', async (place) => {
    const reader = await filledStore(EVENTS);
    let isBroken = true;
    const { projector, store } = start(reader, { onFailure: 'park', onFold: (event) => (isBroken ? failAt(place)(event) : undefined) });
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    const key = `tally-${'abc'.charAt(place % 3)}`;
    const parked = await store.parked('tally', 100);
    const behind = Array.from({ length: EVENTS }, (_, index) => index + 1).filter(
      (other) => other >= place && other % 3 === place % 3 && other % 7 !== 0,
    );
    expect(positions(parked)).toEqual(behind);
    expect(parked.every((event) => event.key === key)).toBe(true);
    expect(parked[0]?.error).toContain(`cannot take ${place}`);
    expect(parked.slice(1).every(({ error }) => error === '')).toBe(true);
    await until(() => only(projector).state === 'live');
    expect(only(projector)).toMatchObject({ parkedKeys: 1, isHealthy: true });
    const others = undisturbedWithout(await undisturbed(reader), key);
    expect(undisturbedWithout(dump(store), key)).toEqual(others);

    isBroken = false;
    expect(await projector.replayParked('tally')).toEqual({ replayed: behind.length, stillParked: 0 });
    expect(dump(store)).toEqual(await undisturbed(reader));
    expect(only(projector).parkedKeys).toBe(0);
  });

  it('the digest counts parked events as passed', async () => {
    const reader = await filledStore(EVENTS);
    const { projector, store } = start(reader, { onFailure: 'park', onFold: failAt(24) });
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    const sound = start(reader, {});
    await sound.projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    expect(await digestOf(store)).toBe(await digestOf(sound.store));
  });

  it('parked keys stay parked across a restart', async () => {
    const reader = await filledStore(EVENTS);
    const store = new MemoryReadStore();
    const first = start(reader, { store, onFailure: 'park', onFold: failAt(24) });
    await first.projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    await first.projector.stop();
    const second = start(reader, { store, onFailure: 'park' });
    const position = await append(reader, 'a', 999);
    await second.projector.waitFor('tally', position, TIMEOUT);
    expect(positions(await store.parked('tally', 100)).at(-1)).toBe(Number(position));
    await second.projector.replayParked('tally', { key: 'tally-a' });
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('an event whose key cannot be computed parks its stream', async () => {
    const reader = await filledStore(EVENTS);
    let isBroken = true;
    const { projector, store } = start(reader, { onFailure: 'park', onKey: (event) => (isBroken ? failAt(24)(event) : undefined) });
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    expect(new Set((await store.parked('tally', 100)).map(({ key }) => key))).toEqual(new Set(['$stream/tally-a']));
    isBroken = false;
    expect((await projector.replayParked('tally')).stillParked).toBe(0);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('a replay that fails again keeps the rest in order, with the new error', async () => {
    const reader = await filledStore(EVENTS);
    let bad = 24;
    const { projector, store } = start(reader, { onFailure: 'park', onFold: (event) => failAt(bad)(event) });
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    bad = 33;
    expect(await projector.replayParked('tally')).toEqual({ replayed: 3, stillParked: 3 });
    const parked = await store.parked('tally', 100);
    expect(positions(parked)).toEqual([33, 36, 39]);
    expect(parked[0]?.error).toContain('cannot take 33');
    bad = 0;
    expect(await projector.replayParked('tally')).toEqual({ replayed: 3, stillParked: 0 });
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('a replay works without a running projector', async () => {
    const reader = await filledStore(EVENTS);
    const store = new MemoryReadStore();
    let isBroken = true;
    const options: RunOptions = { store, onFailure: 'park', onFold: (event) => (isBroken ? failAt(24)(event) : undefined) };
    const { projector } = start(reader, options);
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    await projector.stop();
    isBroken = false;
    const idle = new Projector({ reader, projections: [{ projection: tallyProjection(options), store }] });
    expect((await idle.replayParked('tally')).stillParked).toBe(0);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('many poison events of several keys all end up parked or settled, and nothing else changes', async () => {
    const reader = await filledStore(EVENTS);
    let isBroken = true;
    const { projector, store } = start(reader, { onFailure: 'park', onFold: (event) => (isBroken ? failAt(5, 6, 11, 12, 40)(event) : undefined) });
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    expect(only(projector).parkedKeys).toBe(3);
    isBroken = false;
    expect((await projector.replayParked('tally')).stillParked).toBe(0);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });
});

describe('an event of several documents', () => {
  /** Every event belongs to its own stream's document and to a common one. */
  const shared = (broken: () => readonly string[]): DocumentProjection => ({
    ...tallyProjection({
      onFold: (event, key) => {
        if (Number(event.position) === 24 && broken().includes(key)) throw new Error(`cannot take ${event.position} for ${key}`);
      },
    }),
    key: (event) => [event.stream, 'all', 'all'],
  });
  const run = (reader: InMemoryEventStore, projection: DocumentProjection, onFailure: 'stop' | 'park') => {
    const store = new MemoryReadStore();
    const projector = new Projector({ reader, projections: [{ projection, store, recovery: { ...FAST, onFailure } }], batchSizeMax: BATCH });
    running.push(projector);
    projector.start();
    return { projector, store };
  };

  it('is folded once into each of them', async () => {
    const reader = await filledStore(EVENTS);
    const { projector, store } = run(
      reader,
      shared(() => []),
      'stop',
    );
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    const amounts = upTo(EVENTS).filter((amount) => amount % 7 !== 0);
    expect(store.documents<Tally>('tally').get('all')?.amounts).toEqual(amounts);
    expect(store.documents<Tally>('tally').get('tally-a')?.amounts).toEqual(amounts.filter((amount) => amount % 3 === 0));
  });

  it('has no effect on any of them when it stops at one', async () => {
    const { projector, store } = run(
      await filledStore(EVENTS),
      shared(() => ['all']),
      'stop',
    );
    await until(() => only(projector).state === 'stopped');
    expect(store.documents<Tally>('tally').get('tally-a')?.amounts).not.toContain(24);
    expect(store.documents<Tally>('tally').get('all')?.amounts).toEqual(upTo(23).filter((amount) => amount % 7 !== 0));
  });

  it.each([[['tally-a']], [['all']], [['tally-a', 'all']]])('is parked for %j only, and leaves no trace in the end', async (keys) => {
    const reader = await filledStore(EVENTS);
    let broken: readonly string[] = keys;
    const { projector, store } = run(
      reader,
      shared(() => broken),
      'park',
    );
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    expect(new Set((await store.parked('tally', 100)).map(({ key }) => key))).toEqual(new Set(keys));
    broken = [];
    expect((await projector.replayParked('tally')).stillParked).toBe(0);
    const sound = run(
      reader,
      shared(() => []),
      'stop',
    );
    await sound.projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    expect(dump(store)).toEqual(dump(sound.store));
  });
});

describe('a document that the read store cannot hold', () => {
  const refusing = (place: number): HookedReadStore => {
    const store = new HookedReadStore();
    store.onCommit = async (batch, commit) => {
      for (const { collection, upserts } of batch.changes) {
        for (const [key, document] of upserts) {
          if ('amounts' in document && (document as { amounts: number[] }).amounts.includes(place))
            throw new InvalidDocument(collection, key, 'too odd');
        }
      }
      await commit();
    };
    return store;
  };

  it.each(PLACES)('leads to its event at position %i, with everything before it applied', async (place) => {
    const reader = await filledStore(EVENTS);
    const { projector, store } = start(reader, { store: refusing(place) });
    await until(() => only(projector).state === 'stopped');
    expect(only(projector).reason).toContain(`failed on Added at position ${place} (key tally-${'abc'.charAt(place % 3)})`);
    expect((await store.generations('tally'))[0]?.checkpoint.position).toBe(place === 1 ? undefined : BigInt(place - 1));
  });

  it('is parked, and replayed once it can be held', async () => {
    const reader = await filledStore(EVENTS);
    const store = refusing(24);
    const { projector } = start(reader, { store, onFailure: 'park' });
    await projector.waitFor('tally', BigInt(EVENTS) as Position, TIMEOUT);
    expect(positions(await store.parked('tally', 100))[0]).toBe(24);
    expect(store.openSessions).toBe(1); // every session on the way here was closed
    expect((await projector.replayParked('tally')).replayed).toBe(0);
    store.onCommit = (_, commit) => commit();
    expect((await projector.replayParked('tally')).stillParked).toBe(0);
    expect(dump(store)).toEqual(await undisturbed(reader));
  });
});

describe('the document at fault', () => {
  it('is the one that changes a group which the read store cannot hold; another document of the same event goes on', async () => {
    const reader = await filledStore(3);
    const store = new HookedReadStore();
    store.onCommit = async (batch, commit) => {
      const group = batch.changes.find(({ collection }) => collection === 'tally-sizes')?.upserts.get('of tally-2');
      if (group) throw new InvalidDocument('tally-sizes', 'of tally-2', 'too odd');
      await commit();
    };
    const tally = tallyProjection();
    const projection: DocumentProjection = {
      ...tally,
      // Groups of tallies by their own name, in an order that puts the innocent document first.
      key: () => ['tally-1', 'tally-2', 'tally-3'],
      rollUps: tally.rollUps.map((rollUp) => ({ ...rollUp, groupBy: (document) => `of ${(document as Tally).key}` })),
    };
    const projector = new Projector({ reader, projections: [{ projection, store, recovery: { ...FAST, onFailure: 'park' } }] });
    running.push(projector);
    projector.start();
    await projector.waitFor('tally', 3n as Position, TIMEOUT);
    expect((await store.parked('tally', 10)).map(({ key, position }) => `${key}@${position}`)).toEqual(['tally-2@1', 'tally-2@2', 'tally-2@3']);
    expect([...store.documents<Tally>('tally')].map(([key, { amounts }]) => [key, amounts])).toEqual([
      ['tally-1', [1, 2, 3]],
      ['tally-3', [1, 2, 3]],
    ]);
  });
});

describe('a store that refuses without naming the document at fault', () => {
  const KEYS = ['k1', 'k2', 'k3'];
  const subsets = [['k1'], ['k2'], ['k3'], ['k1', 'k3'], ['k2', 'k3'], KEYS];
  const run = async (refuses: (upserts: ReadonlyMap<string, object>) => { collection: string; key: string | undefined } | undefined) => {
    const store = new HookedReadStore();
    store.onCommit = async (batch, commit) => {
      for (const { collection, upserts } of batch.changes) {
        const refused = collection === 'tally' && refuses(upserts);
        if (refused) throw new InvalidDocument(refused.collection, refused.key, 'too odd');
      }
      await commit();
    };
    const tally = tallyProjection();
    // All of one group.
    const rollUps = tally.rollUps.map((rollUp) => ({ ...rollUp, groupBy: () => 'all' }));
    const projection: DocumentProjection = { ...tally, key: () => KEYS, rollUps };
    const projector = new Projector({ reader: await filledStore(3), projections: [{ projection, store, recovery: { ...FAST, onFailure: 'park' } }] });
    running.push(projector);
    projector.start();
    await projector.waitFor('tally', 3n as Position, TIMEOUT);
    return new Set((await store.parked('tally', 20)).map(({ key }) => key));
  };

  it.each(subsets)('has %j parked and no other document of the event', async (...guilty) => {
    const parked = await run((upserts) => (guilty.some((key) => upserts.has(key)) ? { collection: 'tally', key: undefined } : undefined));
    expect(parked).toEqual(new Set(guilty));
  });

  it.each(subsets)('or of the group: has %j parked and no other document of it', async (...guilty) => {
    const parked = await run((upserts) => (guilty.some((key) => upserts.has(key)) ? { collection: 'tally-sizes', key: 'all' } : undefined));
    expect(parked).toEqual(new Set(guilty));
  });
});

describe('a repaired helper of the key function', () => {
  /** Gives every third event a name that no document has. */
  const named = (nameOf: (event: RecordedEvent) => readonly string[] | null): DocumentProjection => ({
    ...tallyProjection({
      onFold: (_, key) => {
        if (key === '') throw new Error('no name');
      },
    }),
    key: (event) => nameOf(event),
  });
  const fill = async (mended: readonly string[] | null) => {
    const reader = await filledStore(6);
    let isBroken = true;
    const projection = named((event) => (event.stream === 'tally-a' ? (isBroken ? [''] : mended) : ['others']));
    const store = new MemoryReadStore();
    const projector = new Projector({ reader, projections: [{ projection, store, recovery: { ...FAST, onFailure: 'park' } }], batchSizeMax: BATCH });
    running.push(projector);
    projector.start();
    await projector.waitFor('tally', 6n as Position, TIMEOUT);
    expect((await store.parked('tally', 10)).map(({ key, position }) => `${key}@${position}`)).toEqual(['@3', '@6']);
    isBroken = false;
    const result = await projector.replayParked('tally');
    return { result, documents: Object.fromEntries([...store.documents<Tally>('tally')].map(([key, { amounts }]) => [key, amounts])), store };
  };

  it('brings parked events into the documents that they now belong to, each in its place', async () => {
    const { result, documents } = await fill(['unnamed', 'others']);
    expect(result).toEqual({ replayed: 2, stillParked: 0 });
    expect(documents).toEqual({ unnamed: [3, 6], others: [1, 2, 3, 4, 5, 6] });
  });

  it('does not count events without a document as replayed', async () => {
    const { result, documents, store } = await fill(null);
    expect(result).toEqual({ replayed: 0, stillParked: 0, withoutDocument: 2 });
    expect(documents).toEqual({ others: [1, 2, 4, 5] });
    expect(await store.parked('tally', 10)).toEqual([]);
  });
});

const undisturbedWithout = (all: object, key: string): object => {
  const { [key]: _, ...documents } = (all as { documents: Record<string, object> }).documents;
  return documents;
};
