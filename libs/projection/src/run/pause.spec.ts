// A pause holds for every projector, now or later; readers are told, and everything goes on after it.
import { position, type InMemoryEventStore, type Position } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { documentProjection } from '../definition/document-projection.js';
import { partitioned } from '../definition/partitioned.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import { Rebuilder } from '../rebuild/rebuilder.js';
import { rollBack } from '../rebuild/roll-back.js';
import { servingOf } from '../generations/generations-of.js';
import { append, dump, filledStore, tallyEvents, tallyProjection, until } from '../tally.fixtures.js';
import { verifyProjection } from '../verify/verify-projection.js';
import { pauseOf, pauseProjection, resumeProjection, untilResting } from './pause-projection.js';
import { Projector, type ProjectorOptions } from './projector.js';
import type { ProjectionStatus } from './projection-status.js';
import { waitForPosition } from './wait-for-position.js';

const TIMEOUT = { timeoutMs: 4_000 };
const FAR = { timeoutMs: 60_000 };

const running: Projector[] = [];
const start = (options: ProjectorOptions): Projector => {
  const projector = new Projector(options);
  running.push(projector);
  projector.start();
  return projector;
};
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()));
});

const statusOf = (projector: Projector): ProjectionStatus => {
  const [status] = projector.status();
  if (!status) throw new TypeError('no status');
  return status;
};
const headOf = async (reader: InMemoryEventStore): Promise<Position> => (await reader.head()) ?? position('0');
const servedAt = async (store: MemoryReadStore): Promise<Position | undefined> => servingOf(await store.generations('tally'))?.checkpoint.position;
const paused = async (store: MemoryReadStore): Promise<void> => {
  await pauseProjection({ projection: 'tally', store, by: 'ada@desk', reason: 'moving' });
};
/** A projector sees it with its next look. */
const resumed = async (store: MemoryReadStore, ...projectors: readonly Projector[]): Promise<void> => {
  await resumeProjection({ projection: 'tally', store });
  await until(() => projectors.every((projector) => statusOf(projector).state !== 'paused'));
};
class Seen {
  id!: string;
}
/** Its documents are independent, so that it can be split. */
const seen = documentProjection({
  name: 'tally',
  version: 1,
  document: Seen,
  events: [tallyEvents],
  key: (event) => event.stream,
  evolve: { Added: (_, __, id) => ({ id }) },
});
const setUp = async () => {
  const reader = await filledStore(20);
  const store = new MemoryReadStore();
  const hosted = { projection: tallyProjection(), store };
  return { reader, store, hosted, projector: () => start({ reader, projections: [hosted] }) };
};

describe('a paused projection', () => {
  it('is written by no running projector, keeps its checkpoint, and goes on after it without a hole', async () => {
    const { reader, store, projector } = await setUp();
    const one = projector();
    await one.waitFor('tally', await headOf(reader), TIMEOUT);
    await paused(store);
    await until(() => statusOf(one).state === 'paused');
    const before = await servedAt(store);
    for (let amount = 1; amount <= 5; amount++) await append(reader, 'x', amount);
    await until(() => statusOf(one).lagEvents === 5n);
    expect(statusOf(one)).toMatchObject({ isHealthy: true, reason: expect.stringMatching(/^PROJECTION_PAUSED: by ada@desk at .+: moving$/) });
    expect(await servedAt(store)).toBe(before);
    await resumed(store, one);
    await one.waitFor('tally', await headOf(reader), TIMEOUT);
    const undisturbed = new MemoryReadStore();
    const other = start({ reader, projections: [{ projection: tallyProjection(), store: undisturbed }] });
    await other.waitFor('tally', await headOf(reader), TIMEOUT);
    expect(dump(store)).toEqual(dump(undisturbed));
  });

  it('is not begun by a projector that starts later, with or without a read model', async () => {
    const { reader, store, projector } = await setUp();
    await paused(store);
    const one = projector();
    await until(() => statusOf(one).state === 'paused');
    expect(await store.generations('tally')).toEqual([]);
    await resumed(store, one);
    await one.waitFor('tally', await headOf(reader), TIMEOUT);
    await one.stop();
    await paused(store);
    await append(reader, 'x', 1);
    const two = projector();
    await until(() => statusOf(two).state === 'paused');
    expect(statusOf(two)).toMatchObject({ position: await servedAt(store), generation: 1 });
  });

  it('tells readers of a position at once, whether they waited before or ask later; a reached position is answered', async () => {
    const { reader, store, projector } = await setUp();
    const one = projector();
    const reached = await headOf(reader);
    await one.waitFor('tally', reached, TIMEOUT);
    const [early, elsewhere] = [one.waitFor('tally', position('1000'), FAR), waitForPosition(store, ['tally'], position('1000'), FAR)].map((wait) =>
      wait.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    await paused(store);
    const told = { code: 'PROJECTION_PAUSED', projection: 'tally', actual: reached, wanted: 1000n, message: expect.stringContaining('ada@desk') };
    expect(await early).toMatchObject(told);
    expect(await elsewhere).toMatchObject(told);
    await expect(one.waitFor('tally', position('1000'), FAR)).rejects.toMatchObject(told);
    await expect(waitForPosition(store, ['tally'], position('1000'), FAR)).rejects.toMatchObject(told);
    await one.waitFor('tally', reached, TIMEOUT);
    expect(await waitForPosition(store, ['tally'], reached, TIMEOUT)).toBe(reached);
  });

  it('is released by its owner, also in all of its parts, and its standby does not take it over', async () => {
    const reader = await filledStore(20);
    const store = new MemoryReadStore();
    const hosted = { projection: partitioned(seen, 3), store };
    const [one, two] = ['one', 'two'].map((owner) => start({ reader, projections: [hosted], lease: { owner, durationMs: 60_000 } }));
    if (!one || !two) throw new TypeError('no projectors');
    const head = await headOf(reader);
    await Promise.all([one, two].map((projector) => projector.waitFor('tally', head, TIMEOUT)));
    await paused(store);
    expect(await untilResting({ projection: 'tally', store, timeoutMs: 4_000, signal: new AbortController().signal })).toEqual([]);
    await until(() => [one, two].every((projector) => statusOf(projector).partitions?.every(({ state }) => state === 'paused')));
    await append(reader, 'x', 1);
    expect(await servedAt(store)).toBe(head);
    await resumed(store, one, two);
    await Promise.all([one, two].map(async (projector) => projector.waitFor('tally', await headOf(reader), TIMEOUT)));
  });

  it('is not begun by a projector that had looked before the pause was noted', async () => {
    const { reader, store } = await setUp();
    let isNoted = false;
    // The pause comes between the look at the notes and the lease.
    const generations = store.generations.bind(store);
    store.generations = async (projection) => {
      if (!isNoted) await paused(store);
      isNoted = true;
      return generations(projection);
    };
    const hosted = { projection: tallyProjection(), store };
    const one = start({ reader, projections: [hosted], lease: { owner: 'one', durationMs: 60_000 } });
    await until(() => statusOf(one).state === 'paused');
    expect(await generations('tally')).toEqual([]);
    expect(await untilResting({ projection: 'tally', store, timeoutMs: 4_000, signal: new AbortController().signal })).toEqual([]);
  });

  it('has its parked events replayed when its projector is asked to', async () => {
    const { reader, store, projector } = await setUp();
    const one = projector();
    await one.waitFor('tally', await headOf(reader), TIMEOUT);
    await paused(store);
    await until(() => statusOf(one).state === 'paused');
    expect(await one.replayParked('tally')).toEqual({ replayed: 0, stillParked: 0 });
  });

  it('names who still has the lease if that one does not let go in time', async () => {
    const { store } = await setUp();
    await store.claimLease({ projection: 'tally', fingerprint: 'f', partition: 0, owner: 'old', durationMs: 60_000 });
    await paused(store);
    expect(await untilResting({ projection: 'tally', store, timeoutMs: 5, signal: new AbortController().signal })).toEqual(['old']);
  });

  it('can be rebuilt, verified and rolled back: the generation that serves then stands still as well', async () => {
    const { reader, store, hosted, projector } = await setUp();
    const one = projector();
    await one.waitFor('tally', await headOf(reader), TIMEOUT);
    await paused(store);
    await until(() => statusOf(one).state === 'paused');
    const head = await append(reader, 'x', 1);
    const { projections } = await new Rebuilder({ reader, projections: [hosted], followMs: 60_000 }).run();
    expect(projections).toMatchObject([{ outcome: 'promoted', generation: 2, isTakenOver: false }]);
    expect(await servedAt(store)).toBe(head);
    expect((await verifyProjection({ reader, hosted, signal: new AbortController().signal })).differences).toEqual([]);
    await append(reader, 'x', 2);
    await until(() => statusOf(one).lagEvents === 1n);
    expect(statusOf(one)).toMatchObject({ state: 'paused', generation: 2 });
    const back = await rollBack({ reader, hosted, followMs: 60_000 });
    expect(back).toMatchObject({ outcome: 'promoted', generation: 1 });
    expect(await servedAt(store)).toBe(await headOf(reader));
    expect(statusOf(one).state).toBe('paused');
    await resumed(store, one);
    await one.waitFor('tally', await append(reader, 'x', 3), TIMEOUT);
  });

  it('is paused and resumed once, however often it is told', async () => {
    const { store } = await setUp();
    const first = await pauseProjection({ projection: 'tally', store, by: 'ada' });
    const again = await pauseProjection({ projection: 'tally', store, by: 'bob', reason: 'another' });
    expect(first.isNew).toBe(true);
    expect(again).toEqual({ pause: first.pause, isNew: false });
    expect(await resumeProjection({ projection: 'tally', store })).toEqual(first.pause);
    expect(await resumeProjection({ projection: 'tally', store })).toBeUndefined();
    expect(await pauseOf({ projection: 'tally', store })).toBeUndefined();
  });

  it('stays paused by a note that this program cannot read', async () => {
    const { store, projector } = await setUp();
    await store.note('tally', 'pause', 'not JSON');
    const one = projector();
    await until(() => statusOf(one).state === 'paused');
    expect(statusOf(one).reason).toBe('PROJECTION_PAUSED: by unknown at unknown');
  });
});
