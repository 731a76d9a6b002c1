// The commands for rebuilds, on an application in memory.
import { InMemoryEventStore, defineEvents, eventIdOf, streamName } from '@mainstem/event-store';
import { documentProjection, type DocumentProjection, type HostedProjection } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { IsInt } from 'class-validator';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Terminal } from '../terminal/terminal.js';
import { cleanup } from './cleanup.js';
import type { CliContext } from './cli-context.js';
import { rebuild } from './rebuild.js';
import { rollback } from './rollback.js';
import { status } from './status.js';

class Counted {
  @IsInt() by!: number;
}
const events = defineEvents('counter', { Counted });
class Total {
  id!: string;
  total!: number;
}
const totals = (name: string, version = 1): DocumentProjection =>
  documentProjection({
    name,
    version,
    document: Total,
    events: [events],
    key: (event) => event.stream,
    evolve: {
      Counted: (total, { data }, id) => {
        if (data.by < 0) throw new RangeError('less than nothing');
        return { id, total: (total?.total ?? 0) + data.by };
      },
    },
  });

let store: InMemoryEventStore;
let readStore: MemoryReadStore;
let projections: readonly HostedProjection[];
let printed: string[];
let said: string[];
let stopping: AbortController;

beforeEach(async () => {
  store = new InMemoryEventStore();
  readStore = new MemoryReadStore();
  projections = [totals('totals'), totals('others')].map((projection) => ({ projection, store: readStore, recovery: { attemptsMax: 1 } }));
  printed = [];
  said = [];
  stopping = new AbortController();
  await append(1, 2, 3);
});

const append = async (...amounts: readonly number[]): Promise<void> => {
  const name = streamName('counter-a');
  for (const by of amounts) {
    const id = eventIdOf('test', name, Number((await store.head()) ?? 0n));
    await store.append(name, [{ id, type: 'Counted', data: { by }, metadata: {} }], { expectedRevision: 'any' });
  }
};

const context = (): CliContext => {
  const terminal: Terminal = {
    isInteractive: false,
    errorStream: process.stderr,
    print: (line) => Promise.resolve(void printed.push(line)),
    say: (line) => void said.push(line),
  };
  const close = (): Promise<void> => Promise.resolve();
  const reader = new Proxy(store, {
    get: (target, name) => {
      if (name === 'close') return close;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const application = {
    name: 'counting',
    aggregates: [],
    openEvents: () => Promise.resolve(reader),
    openReadModels: () => Promise.resolve({ projections, close }),
  };
  return { application, settings: { env: {} }, terminal, signal: stopping.signal };
};

const states = async (name: string): Promise<readonly string[]> =>
  (await readStore.generations(name)).map(({ number, state }) => `${number} ${state}`);

describe('rebuild', () => {
  it('rebuilds all or the named projections, and reports them', async () => {
    expect(await rebuild(context(), [], { all: true, followMs: 0 })).toBe(0);
    expect(printed.join('\n')).toMatch(/totals +memory +– → 1 +promoted/);
    expect(said).toContain('  others: generation 1 serves');
    expect(await rebuild(context(), ['totals'], { json: true, followMs: 0 })).toBe(0);
    const report = JSON.parse(printed.at(-1) ?? '') as { projections: readonly object[] };
    expect(report.projections).toEqual([expect.objectContaining({ projection: 'totals', generation: 2, former: 1, outcome: 'promoted' })]);
    expect(await states('totals')).toEqual(['1 retired', '2 serving']);
    expect(await states('others')).toEqual(['1 serving']);
  });

  it('fails when one of them fails, and gives the reason', async () => {
    await append(-1);
    expect(await rebuild(context(), ['totals'], {})).toBe(1);
    expect(printed.join('\n')).toContain('PROJECTION_FAILED');
  });

  it('names the read store when several have a projection of one name', async () => {
    const [totalsHosted] = projections as readonly [HostedProjection];
    projections = [totalsHosted, { ...totalsHosted, store: Object.assign(new MemoryReadStore(), { name: 'second' }) }];
    expect(await rebuild(context(), [], { all: true, followMs: 0 })).toBe(0);
    expect(await rebuild(context(), ['totals'], { store: 'second', followMs: 0 })).toBe(0);
    expect(await rollback(context(), 'totals', { store: 'second', followMs: 0 })).toBe(0);
    expect(printed.at(-1)).toMatch(/^totals \(second\): generation 1 serves again/);
    printed = [];
    await append(-1);
    expect(await rebuild(context(), [], { all: true })).toBe(1);
    expect(printed.filter((line) => line.includes('PROJECTION_FAILED')).map((line) => line.split(':')[0])).toEqual([
      'totals (memory)',
      'totals (second)',
    ]);
    printed = [];
    await status(context(), { now: Date.now });
    expect(printed.join('\n')).toMatch(/No process runs: totals \(memory\), totals \(second\)/);
    expect(printed.join('\n')).toMatch(/^totals \(second\) +1 +\w+/m);
  });

  it('ends cleanly when it is interrupted, and can be continued', async () => {
    stopping.abort();
    expect(await rebuild(context(), ['totals'], {})).toBe(130);
    expect(said.join()).toContain('Run the same command again');
  });

  it('requires names or --all', async () => {
    await expect(rebuild(context(), [], {})).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
    await expect(rebuild(context(), ['totals'], { all: true })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
    await expect(rebuild(context(), ['nothing'], {})).rejects.toMatchObject({ code: 'PROJECTION_UNKNOWN' });
  });
});

describe('rollback', () => {
  it('serves the former generation again', async () => {
    await rebuild(context(), ['totals'], { followMs: 0 });
    await rebuild(context(), ['totals'], { followMs: 0 });
    expect(await rollback(context(), 'totals', { followMs: 0 })).toBe(0);
    expect(printed.at(-1)).toContain('generation 1 serves again instead of 2');
    expect(await states('totals')).toEqual(['1 serving', '2 retired']);
    expect(await rollback(context(), 'totals', { to: '2', json: true, followMs: 0 })).toBe(0);
    await expect(rollback(context(), 'totals', { to: 'two' })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
    await expect(rollback(context(), 'totals', { to: '77' })).rejects.toMatchObject({
      code: 'CLI_INVALID_ARGUMENT',
      message: expect.stringContaining('--to names no generation to go back to, got 77.'),
    });
  });

  it('forces a generation that it cannot bring up to date only on request', async () => {
    await rebuild(context(), ['totals'], { followMs: 0 });
    projections = [{ projection: totals('totals', 2), store: readStore }];
    await append(4);
    await rebuild(context(), ['totals'], { followMs: 0 });
    await expect(rollback(context(), 'totals', {})).rejects.toMatchObject({
      code: 'ROLLBACK_BEHIND',
      message: expect.stringContaining('1 events behind') as string,
    });
    expect(await rollback(context(), 'totals', { force: true })).toBe(0);
    expect(await states('totals')).toEqual(['1 serving', '2 retired']);
  });
});

describe('cleanup', () => {
  it('deletes unneeded generations, and lists them', async () => {
    await rebuild(context(), ['totals'], { followMs: 0 });
    await rebuild(context(), ['totals'], { followMs: 0 });
    expect(await cleanup(context(), [], {})).toBe(0);
    expect(printed.slice(-2)).toEqual(['totals (memory): generation 1, retired: deleted', '1 generation deleted.']);
    expect(await states('totals')).toEqual(['2 serving']);
    await cleanup(context(), ['others'], {});
    expect(printed.at(-1)).toBe('Nothing to delete.');
  });
});

describe('status', () => {
  it('lists several generations, and names an abandoned one', async () => {
    await rebuild(context(), ['totals'], { followMs: 0 });
    await rebuild(context(), ['totals'], { followMs: 0 });
    const [hosted] = projections;
    if (hosted) await readStore.createGeneration(hosted.projection, store.incarnation, { isBulk: true });
    await status(context(), { now: () => Date.now() + 60_000 });
    const text = printed.join('\n');
    expect(text).toMatch(/totals +1 +retired +1 +[0-9a-f]{16} \(this one\) +3 +0/);
    expect(text).toMatch(/totals +2 +serving/);
    expect(text).toMatch(/totals +3 +abandoned +1 +[0-9a-f]{16} \(this one\) +– +3/);
    expect(text).toContain('mainstem cleanup deletes it');
  });
});
