// Reactions on the command line: shown, replayed and kept like projections, and never rebuilt or verified.
import { defineEvents, eventIdOf, InMemoryEventStore, streamName, type Position } from '@mainstem/event-store';
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

beforeEach(async () => {
  isBroken = true;
  printed = [];
  const store = new InMemoryEventStore();
  const readStore = new MemoryReadStore();
  const projection = reaction({
    name: 'order-mail',
    events: [events],
    startsAt: 'first-event',
    react: async () => {
      if (isBroken) throw new Error('no such mailbox');
    },
  });
  hosted = { projection, store: readStore, recovery: { onFailure: 'park', attemptsMax: 1 } };
  const close = async (): Promise<void> => undefined;
  const reader = new Proxy(store, {
    get: (target, name) => {
      if (name === 'close') return close;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  context = {
    application: {
      name: 'shop',
      aggregates: [],
      openEvents: async () => reader,
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
  const stream = streamName('order-1');
  await store.append(stream, [{ id: eventIdOf('test', stream, 0), type: 'Placed', data: {}, metadata: {} }], { expectedRevision: 'any' });
  const projector = new Projector({ reader: store, projections: [hosted] });
  projector.start();
  await projector.waitFor('order-mail', (await store.head()) as Position, { timeoutMs: 4_000 });
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

it('forget and rebuild refuse it by name', async () => {
  await expect(forget(context, 'order-mail', { yes: true })).rejects.toMatchObject({ code: 'FORGET_STILL_DECLARED' });
  await expect(rebuild(context, ['order-mail'], {})).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
});
