// A rolling deployment: the older program's command side meets a stream with events of the newer one.
import { defineEvents, InMemoryEventStore, streamOf, type EventId } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CommandExecutor } from './command-executor.js';

class Opened {}
class Open {}
const account = defineAggregate({
  category: 'account',
  events: defineEvents('account', { Opened }),
  initialState: {},
  decide: () => [{ type: 'Opened' as const, data: {} }],
  evolve: (state) => state,
});

describe('a command for a stream with an event of a newer program', () => {
  it.each([
    ['type', 'Closed', {}, 1, 0],
    ['schema version', 'Opened', { schemaVersion: 3 }, 3, 1],
  ])('fails with the unknown %s, and appends nothing', async (_, type, metadata, schemaVersion, knownVersion) => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    await executor.execute(account, '1', new Open());
    const id = '00000000-0000-4000-8000-000000000001' as EventId;
    await store.append(streamOf('account', '1'), [{ id, type, data: {}, metadata }], { expectedRevision: 'any' });
    const head = await store.head();
    for (const tried of [executor, new CommandExecutor({ store })]) {
      await expect(tried.execute(account, '1', new Open())).rejects.toMatchObject({
        code: 'EVENT_STORE_NEWER_EVENT',
        type,
        schemaVersion,
        knownVersion,
      });
    }
    expect(await store.head()).toBe(head);
    await expect(executor.execute(account, '2', new Open())).resolves.toMatchObject({ nextRevision: 0n });
  });
});
