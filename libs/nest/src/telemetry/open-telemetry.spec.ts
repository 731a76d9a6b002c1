// The span of a command has the application's metadata, within limits.
import { CommandExecutor, defineAggregate, type CommandMetadata } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore } from '@mainstem/event-store';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { commandTraces } from './open-telemetry.js';

class Moved {}
const bed = defineAggregate({
  ...{ category: 'bed', events: defineEvents('bed', { Moved }), initialState: 0 },
  evolve: (state: number) => state + 1,
  decide: () => [{ type: 'Moved' as const, data: {} }],
});

/** The attributes of the span of one command, without the common prefix of metadata names. */
const toldOf = async (metadata: CommandMetadata): Promise<Readonly<Record<string, unknown>>> => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const executor = new CommandExecutor({ store: new InMemoryEventStore(), observe: commandTraces(provider.getTracer('test')) });
  await executor.execute(bed, '1', {}, { commandId: 'c-1', metadata }).catch(() => undefined);
  const span = exporter.getFinishedSpans().find(({ name }) => name.startsWith('execute '));
  await provider.shutdown();
  const told = Object.entries(span?.attributes ?? {}).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(told.map(([name, value]) => [name.slice(PREFIX.length), value]));
};
const PREFIX = 'mainstem.command.metadata.';

it('the span of a command has the plain values of its metadata', async () => {
  const metadata = { actor: 'dr-who', tenant: 'ward7', level: 3, isUrgent: false, none: null, roles: ['a'], more: { a: 1 }, gone: undefined };
  expect(await toldOf(metadata)).toEqual({ actor: 'dr-who', tenant: 'ward7', level: 3, isUrgent: false });
  expect(await toldOf({})).toEqual({});
});

it('it has at most 16 of them, none with a long name, and the first 256 characters', async () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`fact-${index}`, index]));
  expect(Object.keys(await toldOf({ ['x'.repeat(65)]: 1, list: [], ...many }))).toEqual(Object.keys(many).slice(0, 16));
  expect(await toldOf({ ['x'.repeat(64)]: 'y'.repeat(300), hat: `${'y'.repeat(255)}🎩` })).toEqual({
    ['x'.repeat(64)]: 'y'.repeat(256),
    hat: `${'y'.repeat(255)}\ufffd`,
  });
});

it.each([['text'], [5], [null], [['a']]])('a command whose metadata is %j gets a span, and is refused', async (metadata) => {
  expect(await toldOf(metadata as unknown as CommandMetadata)).toEqual({});
});
