// The adapter on a server whose folder was put back to an earlier state while the connection was away.
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventId, streamName, type NewEvent, type Position, type RecordedEvent } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const POLL = { timeout: 30_000, interval: 10 };
const counted = (n: number): NewEvent => ({ id: eventId(randomUUID()), type: 'Counted', data: { n }, metadata: {} });

let base: string;
let server: EventStoreDbServer | undefined;
const stores: EventStoreDbEventStore[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'mainstem-restored-'));
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await server?.stop();
  server = undefined;
  await rm(base, { recursive: true });
});

/** On the folder `name`; a second one takes the port of the first. */
const serve = async (name: string): Promise<EventStoreDbServer> => {
  const port = server?.port ?? 0;
  await server?.stop();
  server = await EventStoreDbServer.start({ dir: join(base, name), port });
  return server;
};
const open = async (): Promise<EventStoreDbEventStore> => {
  const store = await EventStoreDbEventStore.open({ connectionString: server?.connectionString ?? '' });
  stores.push(store);
  return store;
};
const append = async (store: EventStoreDbEventStore, count: number): Promise<readonly NewEvent[]> => {
  const events = Array.from({ length: count }, (_, n) => counted(n));
  for (const event of events) await store.append(streamName('count-1'), [event], { expectedRevision: 'any' });
  return events;
};
/** Ten events that were backed up, and five that were not. */
const outlivingItsBackup = async (): Promise<EventStoreDbEventStore> => {
  await serve('now');
  await append(await open(), 10);
  await server?.stop();
  await cp(join(base, 'now'), join(base, 'backup'), { recursive: true });
  await serve('now');
  const store = await open();
  await append(store, 5);
  return store;
};
const restore = async (): Promise<EventStoreDbEventStore> => {
  await serve('backup');
  return open();
};

const follow = (store: EventStoreDbEventStore, after: Position | undefined, types: readonly string[] = ['Counted']) => {
  const delivered: RecordedEvent[] = [];
  let isCaughtUp = false;
  const over = (async () => {
    for await (const batch of store.subscribe({ after, filter: { types }, signal: new AbortController().signal })) {
      delivered.push(...batch.events);
      isCaughtUp ||= batch.isCaughtUp;
    }
  })();
  over.catch(() => undefined);
  return { delivered, over, isCaughtUp: () => isCaughtUp };
};

describe('a log that was restored and has grown', () => {
  it.each([
    ['that has delivered events', undefined, ['Counted']],
    ['that has passed all of them', undefined, ['Never']],
    ['that began at the end', 'end', ['Counted']],
  ] as const)('ends a subscription %s, before it goes on', { timeout: 60_000 }, async (_, from, types) => {
    const store = await outlivingItsBackup();
    const { delivered, over, isCaughtUp } = follow(store, from === 'end' ? await store.head() : undefined, types);
    await expect.poll(isCaughtUp, POLL).toBe(true);
    const before = delivered.length;
    await append(await restore(), 20);
    await expect(over).rejects.toMatchObject({ code: 'EVENT_STORE_RESTORED' });
    expect(delivered).toHaveLength(before);
  });

  it('ends a read that was under way', { timeout: 60_000 }, async () => {
    const store = await outlivingItsBackup();
    const pages = store.readAll({ filter: { types: ['Counted'] }, batchSizeMax: 15 })[Symbol.asyncIterator]();
    expect((await pages.next()).value).toHaveLength(15);
    await append(await restore(), 20);
    // Either it had come to its end before, or it says what has happened.
    const rest = await pages.next().catch((error: unknown) => error);
    if (rest instanceof Error) expect(rest).toMatchObject({ code: 'EVENT_STORE_RESTORED' });
    else expect(rest).toMatchObject({ done: true });
  });

  it('shows other events, or none, at the places that are gone', async () => {
    const store = await outlivingItsBackup();
    const places = new Map<Position, string>();
    for await (const page of store.readAll()) for (const { position, id } of page) places.set(position, id);
    const restored = await restore();
    await append(restored, 20);
    const kept = await Promise.all([...places].map(async ([position, id]) => (await restored.idAt(position)) === id));
    expect(kept).toEqual([...Array<boolean>(10).fill(true), ...Array<boolean>(5).fill(false)]);
  });
});

describe('a server that was only away', () => {
  it('is followed as if nothing had been', { timeout: 60_000 }, async () => {
    const store = await outlivingItsBackup();
    const { delivered, isCaughtUp } = follow(store, undefined);
    await expect.poll(isCaughtUp, POLL).toBe(true);
    await serve('now');
    const later = await append(await open(), 3);
    await expect.poll(() => delivered.slice(15).map(({ id }) => id), POLL).toEqual(later.map(({ id }) => id));
  });
});
