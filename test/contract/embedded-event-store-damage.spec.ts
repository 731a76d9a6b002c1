// The embedded event store and damage that SQLite does not notice: changed bytes and missing rows.
import { DatabaseSync } from 'node:sqlite';
import type { RecordedEvent } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { append, EmbeddedFolder, readAll, stream } from './embedded-folder.js';

const EVENTS = 20;
const CORRUPT = { code: 'EVENT_STORE_CORRUPT' };

const batchesOf = async (reading: AsyncIterable<readonly RecordedEvent[]>): Promise<readonly (readonly RecordedEvent[])[]> => {
  const batches: (readonly RecordedEvent[])[] = [];
  for await (const batch of reading) batches.push(batch);
  return batches;
};

describe('a damaged embedded event store', () => {
  const folder = new EmbeddedFolder();

  /** A store of twenty events, changed from outside. */
  const damaged = async (sql: string) => {
    const whole = await folder.open();
    for (let index = 0; index < EVENTS; index++) await append(whole, `c${index}`, 1, { note: `note ${index}` });
    await whole.close();
    const database = new DatabaseSync(folder.path('events.db'));
    database.exec(sql);
    database.close();
    return folder.open();
  };

  it.each([
    ['payload', `UPDATE events SET data = replace(data, 'note 7', 'note 8') WHERE position = 8`],
    ['metadata', `UPDATE events SET metadata = '{"tenant":"other"}' WHERE position = 8`],
    ['id', `UPDATE events SET id = (SELECT id FROM events WHERE position = 9) WHERE position = 8`],
    ['time', 'UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 8'],
    ['type', `UPDATE types SET name = 'Voted'`],
    ['stream', `UPDATE streams SET name = 'test-2'`],
  ])('refuses an event whose %s has changed', async (_, sql) => {
    const store = await damaged(sql);
    await expect(readAll(store)).rejects.toMatchObject(CORRUPT);
    const changed = sql.includes('streams') ? 'test-2' : stream;
    await expect(batchesOf(store.readStream(changed as typeof stream))).rejects.toMatchObject(CORRUPT);
  });

  it.each(['forwards', 'backwards'] as const)('notices that an event is missing when all are read %s', async (direction) => {
    const store = await damaged('DELETE FROM events WHERE position = 8');
    await expect(batchesOf(store.readAll({ direction }))).rejects.toMatchObject(CORRUPT);
  });

  it('notices without payloads, too, that an event is missing', async () => {
    const store = await damaged('DELETE FROM events WHERE position = 8');
    await expect(batchesOf(store.readAll({ needsPayload: false }))).rejects.toMatchObject(CORRUPT);
  });

  it('serves the events that are not damaged', async () => {
    const store = await damaged(`UPDATE events SET data = '{}' WHERE position = 8`);
    const [first] = await batchesOf(store.readAll({ limit: 7 }));
    expect(first).toHaveLength(7);
  });
});
