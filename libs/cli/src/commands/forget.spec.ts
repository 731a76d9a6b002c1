// mainstem forget, and what mainstem status says about leftovers, on an application in memory.
import { InMemoryEventStore, defineEvents, type Incarnation } from '@mainstem/event-store';
import { documentProjection, type HostedProjection } from '@mainstem/projection';
import { MemoryReadStore } from '@mainstem/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CliContext } from './cli-context.js';
import { forget } from './forget.js';
import { status } from './status.js';

class Counted {}
class Total {}
const define = (name: string, collection = name) => {
  const projection = documentProjection({
    name,
    version: 1,
    document: Total,
    events: [defineEvents('counter', { Counted })],
    key: (event) => event.stream,
    evolve: { Counted: (_, __, id) => ({ id }) },
  });
  return { ...projection, collections: projection.collections.map((one) => ({ ...one, name: collection })) };
};

const INCARNATION = 'i' as Incarnation;
let stores: readonly [MemoryReadStore, MemoryReadStore];
let projections: HostedProjection[];
let printed: string[];
let answers: boolean[];
let asked: string[];
let context: CliContext;

beforeEach(async () => {
  stores = [new MemoryReadStore('sql'), new MemoryReadStore('cache')];
  projections = [{ projection: define('items'), store: stores[0] }];
  [printed, answers, asked] = [[], [], []];
  for (const store of stores) await store.createGeneration(define('totals'), INCARNATION);
  await stores[0].createGeneration(define('items'), INCARNATION);
  const close = (): Promise<void> => Promise.resolve();
  context = {
    application: {
      name: 'counting',
      aggregates: [],
      openEvents: () => Promise.resolve(Object.assign(new InMemoryEventStore(), { close })),
      openReadModels: () => Promise.resolve({ projections, stores, close }),
    },
    settings: { env: {} },
    terminal: {
      isInteractive: true,
      errorStream: process.stderr,
      print: (line) => Promise.resolve(void printed.push(line)),
      say: (line) => void printed.push(line),
      confirm: (question) => {
        asked.push(question);
        return Promise.resolve(answers.shift() ?? false);
      },
    },
    signal: new AbortController().signal,
  };
});

const left = async (): Promise<readonly (readonly string[])[]> => Promise.all(stores.map((store) => store.projections()));

describe('forget', () => {
  it('asks first, and removes nothing before yes', async () => {
    expect(await forget(context, 'totals', {})).toBe(1);
    expect(await left()).toEqual([['totals', 'items'], ['totals']]);
    answers = [true];
    expect(await forget(context, 'totals', {})).toBe(0);
    expect(asked).toEqual(['Remove all of totals for good?', 'Remove all of totals for good?']);
    expect(await left()).toEqual([['items'], []]);
    expect(printed.slice(-2)).toEqual(['totals (sql): removed.', 'totals (cache): removed.']);
  });

  it('does not ask with --yes, and requires it without a terminal', async () => {
    const { confirm: _, ...terminal } = context.terminal;
    await expect(forget({ ...context, terminal }, 'totals', {})).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
    expect(await forget({ ...context, terminal }, 'totals', { yes: true })).toBe(0);
    expect(await left()).toEqual([['items'], []]);
  });

  it('works on one read store on request', async () => {
    expect(await forget(context, 'totals', { store: 'cache', yes: true })).toBe(0);
    expect(await left()).toEqual([['totals', 'items'], []]);
    await expect(forget(context, 'totals', { store: 'cash', yes: true })).rejects.toThrow(/must be one of: sql, cache/);
  });

  it('refuses a projection of the application, in the store of that projection', async () => {
    await expect(forget(context, 'items', { yes: true })).rejects.toMatchObject({ code: 'FORGET_STILL_DECLARED' });
    await stores[1].createGeneration(define('items'), INCARNATION);
    expect(await forget(context, 'items', { yes: true })).toBe(0);
    expect(await left()).toEqual([['totals', 'items'], ['totals']]);
  });

  it('refuses a projection that an instance still runs, and names it', async () => {
    const lease = { projection: 'totals', fingerprint: 'f', partition: 0, owner: 'host-7' };
    await stores[1].claimLease({ ...lease, durationMs: 60_000 });
    await expect(forget(context, 'totals', { store: 'cache', yes: true })).rejects.toThrow(/^host-7 runs projection totals/);
    expect((await left())[1]).toEqual(['totals']);
    await stores[1].releaseLease(lease);
    expect(await forget(context, 'totals', { yes: true })).toBe(0);
  });

  it('reports an unknown projection, and lists the leftovers', async () => {
    await expect(forget(context, 'total', { yes: true })).rejects.toThrow(/There is no projection total\. Did you mean totals/);
  });

  it('lets a renamed projection fill the collection of its old name', async () => {
    const renamed = define('sums', 'totals');
    await expect(stores[0].createGeneration(renamed, INCARNATION)).rejects.toThrow(/mainstem forget totals$/);
    await forget(context, 'totals', { yes: true });
    await stores[0].createGeneration(renamed, INCARNATION);
  });
});

describe('status', () => {
  const now = (): number => 0;

  it('shows leftovers, and what to do', async () => {
    await status(context, { now });
    const place = printed.findIndex((line) => line.startsWith('Left behind'));
    expect(printed[place]).toContain('mainstem forget <projection>');
    expect(printed.slice(place + 3).map((line) => line.split(/ +/))).toEqual([
      ['totals', 'sql', '1', '–'],
      ['totals', 'cache', '1', '–'],
    ]);
    await forget(context, 'totals', { yes: true });
    printed = [];
    await status(context, { now });
    expect(printed.join('\n')).not.toContain('Left behind');
  });

  it('shows it in JSON', async () => {
    await status(context, { now, json: true });
    const statuses = JSON.parse(printed.join('')) as readonly { readonly state: string }[];
    expect(statuses.filter(({ state }) => state === 'Left behind')).toEqual([
      { projection: 'totals', store: 'sql', state: 'Left behind', generations: [1], owners: [] },
      { projection: 'totals', store: 'cache', state: 'Left behind', generations: [1], owners: [] },
    ]);
  });
});
