// The event store contract on every implementation.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { InMemoryEventStore } from '@mainstem/event-store';
import { eventStoreContract, registerContract } from '@mainstem/testing';
import { describe, it } from 'vitest';

const inMemory = eventStoreContract({
  name: 'in memory',
  hasAppendAll: true,
  takesCopies: true,
  create: () => {
    const store = new InMemoryEventStore();
    return Promise.resolve({ store, dispose: () => store.close() });
  },
});

const embedded = eventStoreContract({
  name: 'embedded',
  hasAppendAll: true,
  takesCopies: true,
  create: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-events-'));
    const store = await EmbeddedEventStore.open({ dir });
    return { store, dispose: () => store.close().then(() => rm(dir, { recursive: true })) };
  },
});

for (const suite of [inMemory, embedded]) registerContract(suite, { describe, it });
