// An event store that was restored from a backup: noticed before anything goes on from a checkpoint, and mended by a
// rebuild.
import type { InMemoryEventStore, Position } from '@mainstem/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import { Rebuilder } from '../rebuild/rebuilder.js';
import { rollBack } from '../rebuild/roll-back.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { Projector } from './projector.js';
import type { ProjectionStatus } from './projection-status.js';
import { append, dump, filledStore, hurried, impatient, restoredTo, tallyProjection, until } from '../tally.fixtures.js';

const TIMEOUT = { timeoutMs: 4_000 };
const RESTORED = 'PROJECTION_EVENT_STORE_RESTORED';

const running = new Set<Projector>();
afterEach(async () => {
  await Promise.all([...running].map((projector) => projector.stop()));
  running.clear();
});

const start = (reader: InMemoryEventStore, ...projections: readonly HostedProjection[]): Projector => {
  const projector = new Projector({ reader, projections });
  running.add(projector);
  projector.start();
  return projector;
};
const headOf = async (reader: InMemoryEventStore): Promise<Position> => (await reader.head()) as Position;
const statusOf = (projector: Projector, name = 'tally'): ProjectionStatus =>
  projector.status().find(({ projection }) => projection === name) as ProjectionStatus;
const filled = async (reader: InMemoryEventStore, hosted: HostedProjection): Promise<void> => {
  const projector = start(reader, hosted);
  await projector.waitFor(hosted.projection.name, await headOf(reader), TIMEOUT);
  await projector.stop();
};
/** The expected read model. */
const undisturbed = async (reader: InMemoryEventStore, projection = tallyProjection()): Promise<object> => {
  const store = new MemoryReadStore();
  await filled(reader, { projection, store });
  return dump(store, projection.name);
};
/** Restored to the first 30 of 50 events, and continued with `events` others. */
const restoredAndGrown = async (reader: InMemoryEventStore, events: number): Promise<InMemoryEventStore> => {
  const restored = await restoredTo(reader, 30);
  for (let amount = 0; amount < events; amount++) await append(restored, 'abc'.charAt(amount % 3), 1_000 + amount);
  return restored;
};
const checkpointOf = async (store: MemoryReadStore) => (await store.generations('tally')).at(-1)?.checkpoint;

/** Removes the event from a checkpoint, like one of an earlier version. */
class ForgetfulReadStore extends MemoryReadStore {
  isForgetful = true;

  override async open(...parameters: Parameters<MemoryReadStore['open']>): ReturnType<MemoryReadStore['open']> {
    const session = await super.open(...parameters);
    const commit = session.commit.bind(session);
    session.commit = (batch) => commit(this.isForgetful ? { ...batch, checkpoint: { ...batch.checkpoint, lastEvent: undefined } } : batch);
    return session;
  }
}

describe('a restored event store', () => {
  it.each([20, 21, 500])('stops a projection whose checkpoint it has grown past, with %i other events', async (events) => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    await filled(reader, { projection: tallyProjection(), store });
    const before = dump(store);
    const projector = start(await restoredAndGrown(reader, events), { projection: tallyProjection(), store, rebuild: 'auto' });
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector)).toMatchObject({ isHealthy: false, reason: expect.stringContaining(RESTORED) as string });
    expect(statusOf(projector).reason).toMatch(/position 50 .* mainstem rebuild tally/);
    expect(dump(store)).toEqual(before);
  });

  it('stops one that has passed only unwanted events since the backup', async () => {
    const reader = await filledStore(30);
    for (let amount = 0; amount < 20; amount++) await append(reader, 'a', amount, 'Foreign');
    const store = new MemoryReadStore();
    await filled(reader, { projection: tallyProjection(), store });
    expect(await checkpointOf(store)).toMatchObject({ position: 50n, lastEvent: { position: 50n, id: await reader.idAt(50n as Position) } });
    const projector = start(await restoredAndGrown(reader, 40), { projection: tallyProjection(), store });
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector).reason).toContain(RESTORED);
  });

  it('is no problem for a projection whose checkpoint was before the backup', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    await filled(await restoredTo(reader, 25), { projection: tallyProjection(), store });
    const restored = await restoredAndGrown(reader, 40);
    const projector = start(restored, { projection: tallyProjection(), store });
    await projector.waitFor('tally', await headOf(restored), TIMEOUT);
    expect(dump(store)).toEqual(await undisturbed(restored));
  });

  it('is followed through a reader that lacks `idAt`, as in earlier versions', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    await filled(reader, { projection: tallyProjection(), store });
    await append(reader, 'a', 7);
    const older = new Proxy(reader, {
      get: (_, name) => {
        const member: unknown = name === 'idAt' ? undefined : Reflect.get(reader, name);
        return typeof member === 'function' ? (member.bind(reader) as unknown) : member;
      },
    });
    await filled(older, { projection: tallyProjection(), store });
    expect(dump(store)).toEqual(await undisturbed(reader));
  });

  it('stops a projection when a session is opened again, too', async () => {
    const reader = await filledStore(50);
    const restored = await restoredAndGrown(reader, 60);
    const store = new MemoryReadStore();
    let log = reader;
    const swapped = new Proxy(reader, {
      get: (_, name) => {
        const member: unknown = Reflect.get(log, name);
        return typeof member === 'function' ? (member.bind(log) as unknown) : member;
      },
    });
    const projector = start(swapped, { projection: tallyProjection(), store, recovery: { retryDelayMs: 1, retryDelayMaxMs: 5 } });
    await projector.waitFor('tally', await headOf(reader), TIMEOUT);
    log = restored;
    // Its subscription ends, as after a broken connection.
    await reader.close();
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector).reason).toContain(RESTORED);
  });

  it('accepts a checkpoint without an event once, and gives it one with the next commit', async () => {
    const reader = await filledStore(50);
    const store = new ForgetfulReadStore();
    await filled(reader, { projection: tallyProjection(), store });
    expect(await checkpointOf(store)).not.toHaveProperty('lastEvent');
    store.isForgetful = false;
    const restored = await restoredAndGrown(reader, 40);
    await filled(restored, { projection: tallyProjection(), store });
    expect(await checkpointOf(store)).toMatchObject({ position: 70n, lastEvent: { position: 70n } });
    const projector = start(await restoredAndGrown(reader, 50), { projection: tallyProjection(), store });
    await until(() => statusOf(projector).state === 'stopped');
    expect(statusOf(projector).reason).toContain(RESTORED);
  });
});

describe('a rebuild', () => {
  it.each([5, 20, 200])('mends a read model of an event store that was restored and has grown by %i events', async (events) => {
    const reader = await filledStore(50);
    const hosted = { projection: tallyProjection(), store: new MemoryReadStore() };
    await filled(reader, hosted);
    const restored = await restoredAndGrown(reader, events);
    const { projections } = await new Rebuilder({ reader: restored, projections: [hosted], followMs: 0, runtime: impatient }).run();
    expect(projections).toMatchObject([{ outcome: 'promoted', generation: 2 }]);
    const projector = start(restored, hosted);
    await projector.waitFor('tally', await append(restored, 'a', 7), TIMEOUT);
    expect(dump(hosted.store)).toEqual(await undisturbed(restored));
  });

  it('does not go on with a generation that was begun before the restore', async () => {
    const reader = await filledStore(50);
    const hosted = { projection: tallyProjection(), store: new MemoryReadStore() };
    await filled(reader, hosted);
    const { number } = await hosted.store.createGeneration(hosted.projection, reader.incarnation, { isBulk: true });
    const session = await hosted.store.open(hosted.projection, number);
    const lastEvent = { position: 40n as Position, id: (await reader.idAt(40n as Position)) ?? (undefined as never) };
    await session.commit({ changes: [], checkpoint: { from: undefined, to: 40n as Position, digest: '0123456789abcdef', lastEvent } });
    await session.close();
    const restored = await restoredAndGrown(reader, 100);
    const { projections } = await new Rebuilder({ reader: restored, projections: [hosted], followMs: 0, runtime: hurried }).run();
    expect(projections).toMatchObject([{ outcome: 'promoted', generation: 3, isResumed: false }]);
    expect(dump(hosted.store)).toEqual(await undisturbed(restored));
    expect((await hosted.store.generations('tally')).map((one) => `${one.number} ${one.state}`)).toEqual(['1 retired', '3 serving']);
  });
});

describe('a rollback', () => {
  /** Generation 1 has lost events; generation 2 serves what the restored event store holds. */
  const rebuilt = async (
    store: MemoryReadStore,
    events: number,
    version = 1,
  ): Promise<{ readonly restored: InMemoryEventStore; readonly hosted: HostedProjection }> => {
    const reader = await filledStore(50);
    await filled(reader, { projection: tallyProjection(), store });
    const restored = await restoredAndGrown(reader, events);
    const hosted = { projection: tallyProjection({ version }), store };
    await new Rebuilder({ reader: restored, projections: [hosted], followMs: 0, runtime: impatient }).run();
    return { restored, hosted };
  };
  const served = async (store: MemoryReadStore) => (await store.generations('tally')).map((one) => `${one.number} ${one.state}`);

  it.each([5, 100])('does not go back to lost events of an event store that has grown by %i others', async (events) => {
    const store = new MemoryReadStore();
    const { restored, hosted } = await rebuilt(store, events);
    const { outcome, reason } = await rollBack({ reader: restored, hosted, followMs: 0, runtime: impatient });
    expect(outcome).toBe('failed');
    expect(reason).toMatch(events === 5 ? /^PROJECTION_CHECKPOINT_AHEAD/ : /^PROJECTION_EVENT_STORE_RESTORED/);
    expect(await served(store)).toEqual(['1 retired', '2 serving']);
    expect(dump(store)).toEqual(await undisturbed(restored));
  });

  it('compares its target with the event store, and deletes it if it differs', async () => {
    const store = new ForgetfulReadStore();
    const { restored, hosted } = await rebuilt(store, 100);
    const { outcome, reason } = await rollBack({ reader: restored, hosted, followMs: 0, runtime: impatient });
    expect(outcome).toBe('failed');
    expect(reason).toMatch(/^REBUILD_NOT_VERIFIED/);
    expect(await served(store)).toEqual(['2 serving']);
    expect(dump(store)).toEqual(await undisturbed(restored));
  });

  it('of another definition is refused, even if it is forced', async () => {
    const store = new MemoryReadStore();
    const { restored, hosted } = await rebuilt(store, 100, 2);
    for (const isForced of [false, true]) await expect(rollBack({ reader: restored, hosted, isForced })).rejects.toMatchObject({ code: RESTORED });
    expect(await served(store)).toEqual(['1 retired', '2 serving']);
  });

  it('goes back to what the event store still holds', async () => {
    const reader = await filledStore(50);
    const store = new MemoryReadStore();
    const hosted = { projection: tallyProjection(), store };
    await filled(reader, hosted);
    await new Rebuilder({ reader, projections: [hosted], followMs: 0, runtime: impatient }).run();
    await append(reader, 'a', 1);
    expect(await rollBack({ reader, hosted, followMs: 0, runtime: impatient })).toMatchObject({ outcome: 'promoted', generation: 1 });
    expect(dump(store)).toEqual(await undisturbed(reader));
  });
});
