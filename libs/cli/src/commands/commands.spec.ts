// The commands, on an application in memory.
import { defineAggregate } from '@mainstem/aggregate';
import { InMemoryEventStore, defineEvents, eventIdOf, streamName, systemRuntime, type EventStore, type Position } from '@mainstem/event-store';
import { Projector, documentProjection, partitioned, type HostedProjection } from '@mainstem/projection';
import { MEMBERS_FROM } from '@mainstem/projection/operate';
import { MemoryReadStore } from '@mainstem/testing';
import { IsInt, IsString } from 'class-validator';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ImportSummary, MainstemApplication } from '../application.js';
import type { Terminal } from '../terminal/terminal.js';
import { buildAllClaims } from './claims.js';
import type { CliContext } from './cli-context.js';
import { importFile } from './import.js';
import { listParked, replayParked } from './parked.js';
import { status } from './status.js';
import { stream } from './stream.js';
import { tail } from './tail.js';

class Counted {
  @IsInt() by!: number;
}
const counterEvents = defineEvents('counter', { Counted });
const counter = defineAggregate({
  category: 'counter',
  events: counterEvents,
  initialState: { total: 0n },
  evolve: (state: { readonly total: bigint }, event) => ({ total: state.total + BigInt(event.data.by) }),
  decide: () => [],
});

class Total {
  id!: string;
  total!: number;
}
let isBroken: boolean;
const totals = documentProjection({
  name: 'totals',
  version: 1,
  document: Total,
  events: [counterEvents],
  key: (event) => event.stream,
  evolve: {
    Counted: (total, { data }, id) => {
      if (isBroken && data.by === 13) throw new RangeError('thirteen');
      return { id, total: (total?.total ?? 0) + data.by };
    },
  },
});

let store: EventStore;
let readStore: MemoryReadStore;
let hosted: HostedProjection;
let printed: string[];
let said: string[];
let context: CliContext;
let stopping: AbortController;

beforeEach(() => {
  isBroken = true;
  store = new InMemoryEventStore();
  readStore = new MemoryReadStore();
  hosted = { projection: totals, store: readStore, recovery: { onFailure: 'park', attemptsMax: 1 } };
  printed = [];
  said = [];
  stopping = new AbortController();
  context = contextOf({ importFile: () => Promise.resolve(NOTHING_IMPORTED) });
});

const NOTHING_IMPORTED: ImportSummary = {
  lines: 0,
  appended: 0,
  alreadyThere: 0,
  rejects: [],
  rejectsFile: undefined,
  isInterrupted: false,
  violations: [],
};

const contextOf = (more: Partial<MainstemApplication>): CliContext => {
  const terminal: Terminal = {
    isInteractive: false,
    errorStream: process.stderr,
    print: (line) => Promise.resolve(void printed.push(line)),
    say: (line) => void said.push(line),
  };
  const close = (): Promise<void> => Promise.resolve();
  const reader = new Proxy(store, { get: (target, name) => (name === 'close' ? close : bound(target, name)) });
  const application: MainstemApplication = {
    name: 'counting',
    aggregates: [counter],
    openEvents: () => Promise.resolve(reader),
    openReadModels: () => Promise.resolve({ projections: [hosted], close }),
    ...more,
  };
  return { application, settings: { env: {} }, terminal, signal: stopping.signal };
};

const bound = (target: EventStore, name: string | symbol): unknown => {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
};

const append = async (stream: string, ...amounts: readonly number[]): Promise<void> => {
  const name = streamName(stream);
  for (const [index, by] of amounts.entries()) {
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

const now = (): number => Date.now() + 90_000;

describe('status', () => {
  it('reports that nothing has started, with the lag', async () => {
    await append('counter-a', 1, 2, 3);
    // No process runs it.
    expect(await status(context, { now, json: true })).toBe(1);
    const [only] = JSON.parse(printed.join('\n')) as [Record<string, unknown>];
    expect(only).toMatchObject({ projection: 'totals', store: 'memory', state: 'Not started', head: '3', lagEvents: '3', parked: 0 });
    expect(only['lagSeconds']).toBeGreaterThanOrEqual(90);
  });

  it('is refused if an aggregate and a projection could share a stream by mistake', async () => {
    const other = contextOf({ aggregates: [{ ...counter, category: 'counter-line' }] });
    await expect(status(other, { now })).rejects.toMatchObject({ code: 'EVENT_STORE_AMBIGUOUS_CATEGORY' });
  });

  it.each(['interval', 'for'])('refuses --%s that no timer takes', async (option) => {
    const refused = status(context, { now, watch: true, for: '1', [option]: '2147484' });
    await expect(refused).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT', message: expect.stringContaining(`--${option}`) });
  });

  it('shows a projection at the head as live, with its generation', async () => {
    await append('counter-a', 1, 2, 3);
    await project();
    await status(context, { now });
    expect(printed.join('\n')).toMatch(/totals +memory +Live +1 +3 +0 +0 s +0/);
  });

  it('reports a checkpoint beyond the end of the event store as a fault, with a negative lag', async () => {
    await append('counter-a', 1, 2, 3);
    const { number } = await readStore.createGeneration(hosted.projection, store.incarnation);
    const session = await readStore.open(hosted.projection, number);
    await session.commit({ changes: [], checkpoint: { from: undefined, to: 8n as Position, digest: session.checkpoint.digest } });
    await readStore.claimLease({
      projection: 'totals',
      fingerprint: hosted.projection.fingerprint,
      durationMs: 60_000,
      partition: 0,
      owner: 'a:1:x',
    });
    expect(await status(context, { now })).toBe(1);
    expect(printed.join('\n')).toMatch(/totals +memory +Stopped +1 +8 +-5 +0 s +0/);
    expect(printed.join('\n')).toMatch(/^totals: PROJECTION_CHECKPOINT_AHEAD: .*mainstem rebuild totals/m);
    printed = [];
    expect(await status(context, { now, json: true })).toBe(1);
    const [only] = JSON.parse(printed.join('\n')) as [Record<string, unknown>];
    expect(only).toMatchObject({ state: 'Stopped', reason: expect.stringContaining('PROJECTION_CHECKPOINT_AHEAD') as string, lagEvents: '-5' });
  });

  it('reports a checkpoint whose event is missing as a fault, wherever the event store ends', async () => {
    await append('counter-a', 1, 2, 3);
    await project();
    const { incarnation } = store;
    store = new InMemoryEventStore({ runtime: { ...systemRuntime, uuid: () => incarnation } });
    await append('counter-b', 1, 2, 3, 4, 5);
    await readStore.claimLease({
      projection: 'totals',
      fingerprint: hosted.projection.fingerprint,
      durationMs: 60_000,
      partition: 0,
      owner: 'a:1:x',
    });
    context = contextOf({});
    expect(await status(context, { now })).toBe(1);
    expect(printed.join('\n')).toMatch(/totals +memory +Stopped +1 +3 +2 /);
    expect(printed.join('\n')).toMatch(/^totals: PROJECTION_EVENT_STORE_RESTORED: .*mainstem rebuild totals/m);
  });

  it('names the instances that run it, by part, without the standbys', async () => {
    const lease = { projection: 'totals', fingerprint: hosted.projection.fingerprint, durationMs: 60_000 };
    for (const [partition, owner] of [
      [1, 'b:2:y'],
      [0, 'a:1:x'],
      [MEMBERS_FROM + 5, 'c:3:z'],
      [2, 'a:1:x'],
    ] as const) {
      await readStore.claimLease({ ...lease, partition, owner });
    }
    await status(context, { now });
    expect(printed.join('\n')).toMatch(/totals .* a:1:x, b:2:y$/m);
    printed = [];
    await status(context, { now, json: true });
    const [only] = JSON.parse(printed.join('\n')) as [{ readonly owners: readonly { readonly partition: number; readonly owner: string }[] }];
    expect(only.owners.map(({ partition, owner }) => [partition, owner])).toEqual([
      [0, 'a:1:x'],
      [1, 'b:2:y'],
      [2, 'a:1:x'],
    ]);
  });

  it('shows the part that is furthest behind for the whole, and each part alone', async () => {
    await append('counter-a', 1, 2, 3);
    const projection = partitioned(hosted.projection, 2);
    hosted = { projection, store: readStore };
    const { number } = await readStore.createGeneration(projection, store.incarnation);
    for (const [partition, to] of [
      [0, 3n],
      [1, 1n],
    ] as const) {
      const session = await readStore.open(projection, number, partition);
      await session.commit({ changes: [], checkpoint: { from: undefined, to: to as Position, digest: session.checkpoint.digest } });
      await session.close();
    }
    await readStore.claimLease({ projection: 'totals', fingerprint: projection.fingerprint, durationMs: 60_000, partition: 1, owner: 'b:2:y' });
    expect(await status(context, { now })).toBe(0);
    const lines = printed.join('\n');
    expect(lines).toMatch(/totals +memory +Catching up +1 +1 +2 +1 min 30 s +0/);
    expect(lines).toMatch(/^totals +0 +3 +0 +–$/m);
    expect(lines).toMatch(/^totals +1 +1 +2 +b:2:y$/m);
    printed = [];
    await status(context, { now, json: true });
    expect(JSON.parse(printed.join('\n'))).toMatchObject([
      {
        position: '1',
        lagEvents: '2',
        generations: [
          {
            partitions: [
              { partition: 0, position: '3', lagEvents: '0' },
              { partition: 1, position: '1', lagEvents: '2' },
            ],
          },
        ],
      },
    ]);
  });

  it('shows the progress of the first filling, and whether a process is running it', async () => {
    await append('counter-a', 1, 2, 3, 4);
    const { number } = await readStore.createGeneration(hosted.projection, store.incarnation, { isBulk: true });
    const session = await readStore.open(hosted.projection, number);
    await session.commit({ changes: [], checkpoint: { from: undefined, to: 1n as Position, digest: session.checkpoint.digest } });
    await session.close();
    expect(await status(context, { now })).toBe(1);
    expect(printed.join('\n')).toMatch(/totals +memory +Filling 25 %/);
    expect(printed.join('\n')).toMatch(/^totals +1 +(filling|abandoned) .* 1 +3$/m);
    expect(printed).toContain('No process runs: totals. Start the projector.');
    await readStore.claimLease({ projection: 'totals', fingerprint: 'any', durationMs: 60_000, partition: 0, owner: 'a:1:x' });
    expect(await status(context, { now })).toBe(0);
  });

  it('counts what was appended since', async () => {
    await append('counter-a', 1);
    await project();
    await append('counter-b', 2, 3);
    await status(context, { now });
    expect(printed.join('\n')).toMatch(/totals +memory +Catching up +1 +1 +2 +1 min 30 s +0/);
    expect(printed.at(-1)).toMatch(/^Behind for 10 s or more: totals\. .*\/health\/ready/);
  });

  it('fails when a projection cannot go on, and gives the reason', async () => {
    await append('counter-a', 1);
    await project();
    const changed = documentProjection({
      name: 'totals',
      version: 2,
      document: Total,
      events: [counterEvents],
      key: () => null,
      evolve: { Counted: (total) => total },
    });
    hosted = { projection: changed, store: readStore };
    expect(await status(context, { now })).toBe(1);
    expect(printed.join('\n')).toContain('PROJECTION_CHANGED');
  });
});

describe('tail', () => {
  it('prints the present events in order, and ends at the head', async () => {
    await append('counter-a', 1, 2);
    await tail(context, { from: 'start', follow: false });
    expect(printed.map((line) => line.replace(/ {2}\d{4}-\S+Z/, ''))).toEqual([
      '1  counter-a@0  Counted  {"by":1}',
      '2  counter-a@1  Counted  {"by":2}',
    ]);
  });

  it('begins after a position and ends at a limit', async () => {
    await append('counter-a', 1, 2, 3, 4);
    await tail(context, { from: '1', follow: true, limit: '2', json: true });
    expect(printed.map((line) => (JSON.parse(line) as { position: string }).position)).toEqual(['2', '3']);
  });

  it('follows new events until it is interrupted', async () => {
    await append('counter-a', 1);
    const context = contextOf({});
    const print = context.terminal.print;
    const interrupting = { ...context.terminal, print: (line: string) => print(line).then(() => stopping.abort()) };
    const followed = tail({ ...context, terminal: interrupting }, { from: 'now', follow: true });
    await expect.poll(() => said.length).toBe(1);
    await append('counter-b', 7);
    expect(await followed).toBe(0);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toContain('counter-b@0');
  });

  it('filters by category, and warns about an undeclared one', async () => {
    await append('counter-a', 1);
    await tail(context, { from: 'start', follow: false, category: ['counting'] });
    expect(printed).toEqual([]);
    expect(said.join()).toContain('Known: counter');
    await tail(context, { from: 'start', follow: false, category: ['countr'], type: ['Countd'] });
    expect(said.join()).toMatch(/Did you mean Counted\?.*Did you mean counter\?/s);
  });

  it.each([
    { from: 'yesterday', follow: false },
    { from: 'start', follow: false, limit: '0' },
  ])('refuses %o', async (options) => {
    await expect(tail(context, options)).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
  });
});

describe('stream', () => {
  it('prints the history and the state that it folds to', async () => {
    await append('counter-a', 1, 2);
    await append('counter-b', 5);
    await stream(context, 'counter-a', { json: true });
    expect(printed).toHaveLength(3);
    expect(JSON.parse(printed[2] ?? '')).toEqual({ state: { total: '3' } });
  });

  it('refuses a stream without events', async () => {
    await expect(stream(context, 'counter-none', {})).rejects.toMatchObject({ code: 'CLI_UNKNOWN_STREAM' });
  });

  it('shows a stream of no known aggregate without a state', async () => {
    await append('other-a', 1);
    await stream(context, 'other-a', {});
    expect(printed).toHaveLength(1);
    expect(said.join()).toContain('no state');
  });
});

describe('stream --summary', () => {
  it('tells how many streams there are, and the longest ones', async () => {
    const fill = async (name: string, count: number): Promise<void> => {
      const own = streamName(name);
      const events = Array.from({ length: count }, (_, n) => ({ id: eventIdOf('fill', own, n), type: 'Counted', data: { by: 1 }, metadata: {} }));
      await store.append(own, events, { expectedRevision: 'any' });
    };
    await fill('other-1', 1_200);
    await fill('counter-9', 5);
    for (let index = 0; index < 30; index++) await fill(`counter-${100 + index}`, 2);
    expect(await stream(context, undefined, { summary: true })).toBe(0);
    expect(printed[0]).toBe('32 streams, 1,265 events');
    expect(printed.slice(4, 6)).toEqual(['other-1       1,200  none of this application', 'counter-9         5  yes']);
    expect(printed).toHaveLength(4 + 20);
    await stream(context, undefined, { summary: true, json: true });
    expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ streams: 32, events: 1_265 });
    expect((JSON.parse(printed.at(-1) ?? '') as { longest: readonly unknown[] }).longest[0]).toEqual({
      stream: 'other-1',
      events: 1_200,
      isFolded: false,
    });
  });

  it('takes a name or --summary, and not both', async () => {
    await expect(stream(context, undefined, {})).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
    await expect(stream(context, 'counter-1', { summary: true })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
  });
});

describe('parked', () => {
  it('lists parked events, and replays them after the fix', async () => {
    await append('counter-a', 1, 13, 2);
    await append('counter-b', 4);
    await project();
    await listParked(context, undefined, {});
    expect(printed.join('\n')).toContain('totals: 2 events parked');
    expect(printed.join('\n')).toContain('thirteen');

    expect(await replayParked(context, 'totals', {})).toBe(1);
    isBroken = false;
    expect(await replayParked(context, 'totals', {})).toBe(0);
    expect(await readStore.parked('totals', 10)).toEqual([]);
  });

  it('refuses a projection that the application does not have', async () => {
    await expect(listParked(context, 'total', {})).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
    await expect(replayParked(context, 'total', {})).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
  });
});

describe('claims build', () => {
  class Named {
    @IsString() name!: string;
  }
  const tag = defineAggregate({
    category: 'tag',
    events: defineEvents('tag', { Named }),
    initialState: {},
    unique: [{ name: 'name', of: ({ data }) => data.name }],
    evolve: (state: object) => state,
    decide: () => [],
  });
  const name = async (id: string, value: string): Promise<void> => {
    const own = streamName(`tag-${id}`);
    await store.append(own, [{ id: eventIdOf(value, own, 0), type: 'Named', data: { name: value }, metadata: {} }], { expectedRevision: 'any' });
  };

  it('makes the claims, may be repeated, and names values with several holders', async () => {
    context = contextOf({ aggregates: [tag], openEventStore: () => Promise.resolve(store) });
    // It is closed after each command.
    store.close = () => Promise.resolve();
    await name('1', 'red');
    await name('2', 'blue');
    expect(await buildAllClaims(context, {})).toBe(0);
    expect(await buildAllClaims(context, {})).toBe(0);
    await name('3', 'red');
    expect(await buildAllClaims(context, {})).toBe(1);
    expect(printed).toEqual([
      '2 values, 2 claims taken, 0 released, 0 conflicts',
      '2 values, 0 claims taken, 0 released, 0 conflicts',
      'name "red": tag-1, tag-3',
      '2 values, 0 claims taken, 0 released, 1 conflict',
    ]);
    await buildAllClaims(context, { json: true });
    expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ values: 2, clashes: [{ value: 'red', holders: ['tag-1', 'tag-3'] }] });
  });

  it('is refused for an application without unique values', async () => {
    await expect(buildAllClaims(context, {})).rejects.toMatchObject({ code: 'CLI_NO_UNIQUE_VALUES' });
  });
});

describe('import', () => {
  it('succeeds when every line was accepted', async () => {
    context = contextOf({ importFile: () => Promise.resolve({ ...NOTHING_IMPORTED, lines: 2_000, appended: 1_500, alreadyThere: 500 }) });
    expect(await importFile(context, 'events.ndjson', {})).toBe(0);
    expect(printed[0]).toBe('2,000 lines: 1,500 new events, 500 there already');
  });

  it('passes on the remarks of the application', async () => {
    context = contextOf({ importFile: () => Promise.resolve({ ...NOTHING_IMPORTED, remarks: ['2 lines were renumbered.'] }) });
    await importFile(context, 'events.ndjson', {});
    expect(printed[1]).toBe('  2 lines were renumbered.');
  });

  it('fails when lines were rejected, and says how many and where they are', async () => {
    const rejects = [{ reason: 'not valid JSON', count: 2 }];
    context = contextOf({ importFile: () => Promise.resolve({ ...NOTHING_IMPORTED, lines: 9, rejects, rejectsFile: 'odd.ndjson' }) });
    expect(await importFile(context, 'events.ndjson', {})).toBe(1);
    expect(printed).toContain('  set aside, not valid JSON: 2 lines');
    expect(printed.join()).toContain('odd.ndjson');
  });

  it('reports rules that the data breaks, with count and some ids', async () => {
    const violations = [{ rule: 'zeroPrice.order', count: 407, ids: ['order-1/2', 'order-3/4', 'order-5/6', 'order-7/8'] }];
    context = contextOf({ importFile: () => Promise.resolve({ ...NOTHING_IMPORTED, violations }) });
    await importFile(context, 'events.ndjson', {});
    expect(printed.at(-1)).toBe('zeroPrice.order    407  order-1/2, order-3/4, order-5/6, …');
  });

  it('reports what was recorded, and fails, when the rules could not be checked', async () => {
    const violationsProblem = 'READ_STORE_UNAVAILABLE: it is away.';
    context = contextOf({ importFile: () => Promise.resolve({ ...NOTHING_IMPORTED, appended: 7, violations: undefined, violationsProblem }) });
    expect(await importFile(context, 'events.ndjson', {})).toBe(1);
    expect(printed).toEqual([
      '0 lines: 7 new events, 0 there already',
      'Rules that the data breaks: not known yet, and all events are recorded. READ_STORE_UNAVAILABLE: it is away.',
    ]);
  });

  it('has the exit code of an interruption when it was interrupted', async () => {
    context = contextOf({ importFile: () => Promise.resolve({ ...NOTHING_IMPORTED, isInterrupted: true }) });
    expect(await importFile(context, 'events.ndjson', {})).toBe(130);
  });

  it('is refused by an application without one', async () => {
    const { importFile: _, ...application } = context.application;
    await expect(importFile({ ...context, application }, 'events.ndjson', {})).rejects.toMatchObject({ code: 'CLI_NO_IMPORT' });
  });
});
