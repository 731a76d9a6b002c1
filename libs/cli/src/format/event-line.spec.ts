// One event as one line: it shows what the application knows, without the framework's notes.
import { CommandExecutor, defineAggregate, type CommandContext } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore } from '@mainstem/event-store';
import { expect, it } from 'vitest';
import { eventLine } from './event-line.js';

class Moved {}
const bed = defineAggregate({
  ...{ category: 'bed', events: defineEvents('bed', { Moved }), initialState: 0 },
  evolve: (state: number) => state + 1,
  decide: () => [{ type: 'Moved' as const, data: {} }],
});

/** Everything that the framework may note: ids, times, fingerprint, trace. */
const lineOf = async (metadata: CommandContext['metadata']): Promise<string> => {
  const store = new InMemoryEventStore();
  const observation = { appending: () => undefined, appended: () => undefined, ended: () => undefined };
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const executor = new CommandExecutor({ store, observe: { executing: () => ({ ...observation, traceparent }) } });
  const ids = { commandId: 'c', correlationId: 'd', causationId: 'e', fingerprint: 'f', occurredAt: '2026-01-01T00:00:00.000Z' };
  await executor.execute(bed, '1', {}, { ...ids, ...(metadata && { metadata }) });
  for await (const [event] of store.readAll({})) if (event) return eventLine(event);
  throw new Error('no event');
};

const LINE = '1  2026-01-01T00:00:00.000Z  bed-1@0  Moved  {}';

it('ends with the payload if the application has noted nothing', async () => {
  expect(await lineOf(undefined)).toBe(LINE);
  expect(await lineOf({})).toBe(LINE);
});

it('shows the metadata of the application after the payload, always in one line', async () => {
  expect(await lineOf({ actor: 'dr-who', tenant: 'ward7' })).toBe(`${LINE}  {"actor":"dr-who","tenant":"ward7"}`);
  expect(await lineOf({ actor: 'a\n\u001b[2J\u202eb' })).toMatch(/^[\x20-\x7e]*\{"actor":"a\\n\\u001b\[2J\\u202eb"\}$/i);
});
