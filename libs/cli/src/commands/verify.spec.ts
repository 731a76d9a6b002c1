// verify, show and rebuild --until, on an application in memory.
import { InMemoryEventStore, defineEvents, eventIdOf, streamName, systemRuntime, type EventStore } from '@mainstem/event-store';
import { Projector, count, documentProjection, rollUp, type HostedProjection } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { IsInt } from 'class-validator';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MainstemApplication } from '../application.js';
import type { Terminal } from '../terminal/terminal.js';
import type { CliContext } from './cli-context.js';
import { rebuildUntil } from './rebuild-until.js';
import { show } from './show.js';
import { verify } from './verify.js';

class Counted {
  @IsInt() by!: number;
}
const counterEvents = defineEvents('counter', { Counted });
class Total {
  id!: string;
  total!: number;
}
class Size {
  size!: string;
  totals!: number;
}
const totals = documentProjection({
  name: 'totals',
  version: 1,
  document: Total,
  events: [counterEvents],
  key: (event) => event.stream,
  evolve: { Counted: (total, { data }, id): Total => ({ id, total: (total?.total ?? 0) + data.by }) },
  rollUps: [
    rollUp(Total, {
      name: 'sizes',
      document: Size,
      keyField: 'size',
      groupBy: ({ total }) => (total > 5 ? 'large' : 'small'),
      measures: { totals: count() },
    }),
  ],
});

let now: number;
let store: EventStore;
let readStore: MemoryReadStore;
let hosted: HostedProjection;
let printed: string[];
let said: string[];
let context: CliContext;
let stopping: AbortController;

beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00.000Z');
  store = new InMemoryEventStore({ runtime: { ...systemRuntime, now: () => now } });
  readStore = new MemoryReadStore();
  hosted = { projection: totals, store: readStore };
  [printed, said] = [[], []];
  stopping = new AbortController();
  const terminal: Terminal = {
    isInteractive: false,
    errorStream: process.stderr,
    print: (line) => Promise.resolve(void printed.push(line)),
    say: (line) => void said.push(line),
  };
  const close = (): Promise<void> => Promise.resolve();
  const application: MainstemApplication = {
    name: 'counting',
    aggregates: [],
    openEvents: () => Promise.resolve(store),
    openReadModels: () => Promise.resolve({ projections: [hosted], close }),
  };
  store.close = close;
  context = { application, settings: { env: {} }, terminal, signal: stopping.signal };
});

const append = async (stream: string, ...amounts: readonly number[]): Promise<void> => {
  const name = streamName(stream);
  for (const [index, by] of amounts.entries()) {
    now += 1_000;
    await store.append(name, [{ id: eventIdOf('test', name, index), type: 'Counted', data: { by }, metadata: {} }], { expectedRevision: 'any' });
  }
};
const project = async (): Promise<void> => {
  const projector = new Projector({ reader: store, projections: [hosted] });
  const head = await store.head();
  projector.start();
  if (head !== undefined) await projector.waitFor('totals', head, { timeoutMs: 4_000 });
  await projector.stop();
};
const damage = async (key: string, document: object): Promise<void> => {
  const session = await readStore.open(totals, 1);
  const { position, digest } = session.checkpoint;
  const changes = [{ collection: 'totals', upserts: new Map([[key, document]]), deletes: [] }];
  await session.commit({ changes, checkpoint: { from: position, to: position, digest } });
};

describe('verify', () => {
  it('reports no difference, and what was compared', async () => {
    await append('counter-a', 1, 2);
    await append('counter-b', 9);
    await project();
    expect(await verify(context, ['totals'], {})).toBe(0);
    expect(printed).toEqual(['totals (memory) generation 1 at position 3: 4 documents compared, nothing differs']);
  });

  it('fails and names each difference, with both values and the last event', async () => {
    await append('counter-a', 1, 2);
    await project();
    await damage('counter-a', { id: 'counter-a', total: 4 });
    expect(await verify(context, [], { all: true })).toBe(1);
    expect(printed.join('\n')).toContain('1 DIFFER');
    expect(printed.map((line) => line.trim())).toEqual(
      expect.arrayContaining([
        'memory  totals  counter-a  total  changed',
        'stored:   4',
        'expected: 3',
        'last event: Counted at position 2 of counter-a',
      ]),
    );
    printed = [];
    expect(await verify(context, ['totals'], { json: true })).toBe(1);
    const [report] = JSON.parse(printed.join('\n')) as [object];
    expect(report).toMatchObject({ isSame: false, position: '2', differences: [{ key: 'counter-a', field: 'total', stored: 4, expected: 3 }] });
  });

  it('takes a sample, and names what a sample cannot compare', async () => {
    await append('counter-a', 1);
    await project();
    expect(await verify(context, ['totals'], { sample: '50%' })).toBe(0);
    expect(printed[1]).toBe('  not compared in a sample: sizes');
  });

  it('skips projections that have not started, and fails for those that cannot be verified', async () => {
    expect(await verify(context, [], { all: true })).toBe(0);
    expect(printed[0]).toContain('not started');
    await append('counter-a', 1);
    await project();
    hosted = { ...hosted, projection: { ...totals, fingerprint: '0123456789abcdef' } };
    expect(await verify(context, [], { all: true })).toBe(1);
    expect(printed[1]).toContain('PROJECTION_CHANGED');
  });

  it.each([
    [[], {}],
    [['totals'], { all: true }],
    [['totals'], { sample: '0%' }],
    [['totals'], { sample: '1' }],
    [['totals'], { sample: '101%' }],
  ])('refuses %o with %o', async (names, options) => {
    await expect(verify(context, names, options)).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
  });

  it('refuses a projection that the application does not have, and ends when interrupted', async () => {
    await expect(verify(context, ['total'], {})).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
    await append('counter-a', 1);
    await project();
    stopping.abort();
    expect(await verify(context, ['totals'], {})).toBe(130);
  });
});

describe('show', () => {
  beforeEach(async () => {
    await append('counter-a', 1, 2);
    await append('counter-b', 9);
    await project();
  });

  it('prints documents by key, one JSON object a line', async () => {
    expect(await show(context, 'totals', {})).toBe(0);
    expect(printed).toEqual([
      '{"key":"counter-a","document":{"id":"counter-a","total":3}}',
      '{"key":"counter-b","document":{"id":"counter-b","total":9}}',
    ]);
  });

  it('prints one document, a roll-up, or the first ones with a note that there are more', async () => {
    await show(context, 'totals', { key: 'counter-b' });
    await show(context, 'totals', { collection: 'sizes', key: 'large' });
    await show(context, 'totals', { limit: '1' });
    expect(printed.map((line) => (JSON.parse(line) as { key: string }).key)).toEqual(['counter-b', 'large', 'counter-a']);
    expect(said).toEqual(['There is more: the first 1 are shown (--limit).']);
  });

  it.each([
    [{ key: 'counter-c' }, 'CLI_UNKNOWN_DOCUMENT', 'There is no document counter-c in totals.'],
    [{ collection: 'size' }, 'CLI_INVALID_ARGUMENT', '--collection must be one of: totals, sizes; got "size". Did you mean sizes?'],
    [{ collection: 'none' }, 'CLI_INVALID_ARGUMENT', '--collection must be one of: totals, sizes; got "none".'],
    [{ generation: '7' }, 'CLI_INVALID_ARGUMENT', '--generation must be one that totals has (1), got 7.'],
    [{ generation: 'x' }, 'CLI_INVALID_ARGUMENT', '--generation must be a whole number from 1, got x.'],
    [{ limit: '0' }, 'CLI_INVALID_ARGUMENT', '--limit must be a whole number from 1, got 0.'],
    [{ store: 'memry' }, 'CLI_INVALID_ARGUMENT', '--store must be one of: memory; got "memry". Did you mean memory?'],
  ])('refuses %o', async (options, code, message) => {
    await expect(show(context, 'totals', options)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('rebuild --until', () => {
  it.each(['2', '2026-01-01T00:00:02.500Z'])('fills a generation as of %s beside the serving one, to be shown by its number', async (until) => {
    await append('counter-a', 1, 2, 3);
    await project();
    expect(await rebuildUntil(context, { names: ['totals'], isAll: false }, { until })).toBe(0);
    expect(printed[0]).toContain('generation 2 holds the state as of position 2');
    await show(context, 'totals', { generation: '2' });
    await show(context, 'totals', {});
    expect(printed.slice(1).map((line) => (JSON.parse(line) as { document: Total }).document.total)).toEqual([3, 6]);
    expect((await readStore.generations('totals')).map(({ state }) => state)).toEqual(['serving', 'side']);
  });

  it('refuses an invalid place, and one that lies ahead or before the first event', async () => {
    await append('counter-a', 1);
    const choice = { names: ['totals'], isAll: false };
    await expect(rebuildUntil(context, choice, { until: 'noon' })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
    await expect(rebuildUntil(context, choice, { until: '2' })).rejects.toMatchObject({ code: 'PROJECTION_UNTIL_AHEAD' });
    await expect(rebuildUntil(context, choice, { until: '2000-01-01T00:00:00Z' })).rejects.toMatchObject({ code: 'PROJECTION_UNTIL_TOO_EARLY' });
  });
});
