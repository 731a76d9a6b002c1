// Embedded event stores in a folder that lives as long as one test.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedEventStore, type EmbeddedEventStoreOptions } from '@mainstem/embedded';
import { eventIdOf, streamName, type NewEvent, type RecordedEvent } from '@mainstem/event-store';
import { afterEach, beforeEach } from 'vitest';

export const stream = streamName('test-1');

const eventsFor = (command: string, count: number, data: unknown): readonly NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({ id: eventIdOf(command, stream, index), type: 'Noted', data, metadata: {} }));

/** `count` events of one command to one stream. */
export const append = (store: EmbeddedEventStore, command: string, count = 1, data: unknown = { command }) =>
  store.append(stream, eventsFor(command, count, data), { expectedRevision: 'any' });

export const readAll = async (store: EmbeddedEventStore): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return events;
};

/** A fresh folder for each test; stores opened through it are closed after the test, and the folder is removed. */
export class EmbeddedFolder {
  dir = '';
  readonly #stores: EmbeddedEventStore[] = [];

  constructor() {
    beforeEach(async () => {
      this.dir = await mkdtemp(join(tmpdir(), 'mainstem-events-'));
    });
    afterEach(async () => {
      for (const store of this.#stores.splice(0)) await store.close();
      await rm(this.dir, { recursive: true, force: true });
    });
  }

  path(...segments: readonly string[]): string {
    return join(this.dir, ...segments);
  }

  async open(options: Partial<EmbeddedEventStoreOptions> = {}): Promise<EmbeddedEventStore> {
    const store = await EmbeddedEventStore.open({ dir: this.dir, ...options });
    this.#stores.push(store);
    return store;
  }
}
