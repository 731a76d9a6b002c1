// Appends to several streams of an embedded event store, when its process is killed and when its log is cut. No part of
// an append survives alone.
import { copyFileSync, existsSync, statSync, truncateSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { RecordedEvent } from '@mainstem/event-store';
import { seededRandom } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { EmbeddedFolder, readAll } from './embedded-folder.js';
import { EventStoreProcess, type Told } from './workers/event-store-process.js';

const ROUNDS = 3;
const CUTS = 60;
const SEED = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 1_000_000);

/** The calls that the events came from, each with the streams of its events. A call writes one event, none and two. */
const shapesOf = (events: readonly RecordedEvent[]): ReadonlyMap<string, readonly string[]> => {
  const shapes = new Map<string, string[]>();
  for (const { data, stream } of events) {
    const { command } = data as { readonly command: string };
    shapes.set(command, [...(shapes.get(command) ?? []), stream.slice(0, stream.indexOf('-'))]);
  }
  return shapes;
};

const expectWhole = (events: readonly RecordedEvent[]): void => {
  for (const [command, shape] of shapesOf(events)) expect(shape, command).toEqual(['left', 'right', 'right']);
};

describe('appends to several streams of an embedded event store', () => {
  const folder = new EmbeddedFolder();

  it('are there whole or not at all when the writer is killed, whole where they were acknowledged, and can be repeated', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await using worker = await EventStoreProcess.open(folder.dir);
      worker.send('appendAllForever', { name: `r${round}` });
      const acknowledged: Told[] = [];
      while (acknowledged.length < 150) acknowledged.push(await worker.next('acknowledged'));
      await worker.kill();
      acknowledged.push(...worker.told.filter(({ kind }) => kind === 'acknowledged'));
      const store = await folder.open();
      const all = await readAll(store);
      expectWhole(all);
      const there = shapesOf(all);
      for (const { command } of acknowledged) expect(there.has(String(command)), String(command)).toBe(true);
      await using again = await EventStoreProcess.open(folder.dir);
      for (const { command, position } of acknowledged.slice(-20)) {
        again.send('appendAllOnce', { command });
        expect(await again.next('acknowledged')).toMatchObject({ command, position });
      }
      expect(await readAll(store)).toHaveLength(all.length);
    }
  });

  it(`are there whole or not at all wherever the log was cut off (${CUTS} cuts, PROPERTY_SEED=${SEED})`, { timeout: 120_000 }, async () => {
    const random = seededRandom(SEED);
    await using worker = await EventStoreProcess.open(folder.dir);
    worker.send('appendAllForever', { name: 'cut' });
    for (let count = 0; count < 100; count++) await worker.next('acknowledged');
    await worker.kill();
    const found = new Set<number>();
    for (let cut = 0; cut < CUTS; cut++) {
      const dir = folder.path('copy');
      await mkdir(dir);
      for (const file of ['events.db', 'events.db-wal']) if (existsSync(folder.path(file))) copyFileSync(folder.path(file), join(dir, file));
      const log = join(dir, 'events.db-wal');
      truncateSync(log, random.int(0, statSync(log).size));
      const store = await EmbeddedEventStore.open({ dir }).catch(() => undefined);
      // A log that was cut before the tables were there: the store is empty or refuses.
      if (store) {
        const all = await readAll(store);
        expectWhole(all);
        found.add(all.length);
        await store.close();
      }
      await rm(dir, { recursive: true });
    }
    expect(found.size, 'cuts that left different numbers of events').toBeGreaterThan(3);
  });
});
