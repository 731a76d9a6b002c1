// Reactions on the command line: shown, replayed and kept like projections, and never rebuilt or verified.
import { defineEvents, eventIdOf, InMemoryEventStore, streamName, systemRuntime, type Position } from '@mainstem/event-store';
import { Projector } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/projection/adapter';
import { reaction, type HostedReaction } from '@mainstem/projection/reaction';
import { beforeEach, expect, it } from 'vitest';
import type { CliContext } from './cli-context.js';
import { forget } from './forget.js';
import { listParked, replayParked } from './parked.js';
import { rebuild } from './rebuild.js';
import { status } from './status.js';

const events = defineEvents('order', { Placed: class {} });
let isBroken: boolean;
let printed: string[];
let context: CliContext;
let hosted: HostedReaction;
let store: InMemoryEventStore;
let effects: string[];

const TIMEOUT = { timeoutMs: 4_000 };
const close = async (): Promise<void> => undefined;
/** Stays open for the next command. */
const closable = (reader: InMemoryEventStore): InMemoryEventStore =>
  new Proxy(reader, {
    get: (target, name) => {
      if (name === 'close') return close;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
const append = (to: InMemoryEventStore, name: string): Promise<unknown> => {
  const stream = streamName(name);
  return to.append(stream, [{ id: eventIdOf('test', stream, 0), type: 'Placed', data: {}, metadata: {} }], { expectedRevision: 'any' });
};

beforeEach(async () => {
  isBroken = true;
  printed = [];
  effects = [];
  store = new InMemoryEventStore();
  const readStore = new MemoryReadStore();
  const projection = reaction({
    name: 'order-mail',
    events: [events],
    startsAt: 'first-event',
    react: async ({ stream }) => {
      if (isBroken) throw new Error('no such mailbox');
      effects.push(stream);
    },
  });
  hosted = { projection, store: readStore, recovery: { onFailure: 'park', attemptsMax: 1 } };
  context = {
    application: {
      name: 'shop',
      aggregates: [],
      openEvents: async () => closable(store),
      openReadModels: async () => ({ projections: [], reactions: [hosted], close }),
    },
    settings: { env: {} },
    terminal: {
      isInteractive: false,
      errorStream: process.stderr,
      print: async (line) => void printed.push(line),
      say: () => undefined,
    },
    signal: new AbortController().signal,
  };
  await append(store, 'order-1');
  const projector = new Projector({ reader: store, projections: [hosted] });
  projector.start();
  await projector.waitFor('order-mail', (await store.head()) as Position, TIMEOUT);
  await projector.stop();
});

it('status shows a reaction with its parked events, and nothing as left behind', async () => {
  await status(context, { now: Date.now });
  expect(printed.join('\n')).toMatch(/order-mail +memory +Live/);
  expect(printed.join('\n')).not.toContain('Left behind');
});

it('parked lists its events, and replay makes their effects', async () => {
  await listParked(context, undefined, {});
  expect(printed.join('\n')).toContain('no such mailbox');
  expect(await replayParked(context, 'order-mail', {})).toBe(1);
  isBroken = false;
  expect(await replayParked(context, 'order-mail', {})).toBe(0);
});

it('rebuild refuses it by name', async () => {
  await expect(rebuild(context, ['order-mail'], {})).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
});

it('forget lets it begin anew, as the status says after the event store was put back', async () => {
  isBroken = false;
  const restored = new InMemoryEventStore({ runtime: { ...systemRuntime, uuid: () => store.incarnation } });
  await append(restored, 'order-0');
  await append(restored, 'order-2');
  context = { ...context, application: { ...context.application, openEvents: async () => closable(restored) } };
  await status(context, { now: Date.now });
  expect(printed.join('\n')).toMatch(/PROJECTION_EVENT_STORE_RESTORED.*mainstem forget order-mail;/);
  const started = new Projector({ reader: restored, projections: [hosted] });
  started.start();
  await expect(started.waitFor('order-mail', (await restored.head()) as Position, TIMEOUT)).rejects.toThrow('mainstem forget order-mail;');
  await started.stop();
  expect(effects).toEqual([]);
  expect(await forget(context, 'order-mail', { yes: true })).toBe(0);
  expect(printed.join('\n')).toContain('order-mail begins anew at the first event');
  const again = new Projector({ reader: restored, projections: [hosted] });
  again.start();
  await again.waitFor('order-mail', (await restored.head()) as Position, TIMEOUT);
  await again.stop();
  expect(effects).toEqual(['order-0', 'order-2']);
});
