// OpenSearch under faults: each event takes effect once, reads are never wrong, and everything goes on by itself once the fault is over.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { defineEvents, InMemoryEventStore, streamOf, type EventId, type Position } from '@mainstem/event-store';
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { count, documentProjection, MemoryReadStore, Projector, rollUp, sum, verifyProjection, type HostedProjection } from '@mainstem/projection';
import type { SeededRandom } from '@mainstem/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshPrefix, openStore, startNode, type OpenSearchNode } from '../contract/opensearch-nodes.js';
import { commitUntilCut, type CutStates } from './support/cut-commits.js';
import { SearchProxy, type SearchFault } from './support/search-proxy.js';
import { chanceOf, isLong, makeFolder, OUTAGE_MS, removeFolder, trials } from './support/trials.js';

/** After a fault is over, until everything is there again. */
const HEALED_MS = 30_000;
/** Until a fault shows, on a machine that others need as well. */
const HAPPENS_MS = 120_000;
const EVENTS = 400;
const KEYS = 30;
const CUTS = trials(12);
/** Ends of all connections, in one round. */
const RESETS = 20;
const rounds: readonly number[] = Array.from({ length: trials(1) }, (_, round) => round);
const DOWN_MS = isLong ? OUTAGE_MS : 3_000;

class CountedData {
  group!: string;
  amount!: number;
}
class Counter {
  key!: string;
  group!: string;
  text!: string;
  events!: number;
  sum!: number;
}
class GroupTotal {
  group!: string;
  counters!: number;
  events!: number;
}
const countedEvents = defineEvents('counter', { Counted: CountedData, Closed: class {} });
const COLLECTIONS = { counters: { text: ['text'], filters: ['group'] } };

/** Every event adds one: an event that takes effect twice, or never, shows for ever. */
const counters = documentProjection({
  name: 'counters',
  version: 1,
  document: Counter,
  events: [countedEvents],
  key: (event) => event.stream,
  evolve: {
    Counted: (counter, { data }, key) => ({
      key,
      group: data.group,
      text: `counter of ${data.group}`,
      events: (counter?.events ?? 0) + 1,
      sum: (counter?.sum ?? 0) + data.amount,
    }),
    Closed: () => null,
  },
  rollUps: [
    rollUp(Counter, {
      name: 'group-totals',
      document: GroupTotal,
      keyField: 'group',
      groupBy: (counter) => counter.group,
      measures: { counters: count(), events: sum((counter) => counter.events) },
    }),
  ],
});

/** Appends a number of events. */
const append = async (events: InMemoryEventStore, chance: SeededRandom, total: number): Promise<void> => {
  for (let index = 0; index < total; index++) {
    const stream = streamOf('counter', String(chance.int(1, KEYS)));
    const counted = { type: 'Counted', data: { group: `g${chance.int(1, 4)}`, amount: chance.int(1, 9) } };
    const event = chance.next() < 0.05 ? { type: 'Closed', data: {} } : counted;
    await events.append(stream, [{ ...event, id: randomUUID() as EventId, metadata: {} }], { expectedRevision: 'any' });
  }
};

const BULK_KEYS = Array.from({ length: KEYS }, (_, index) => `counter-${index}`);

describe('OpenSearch under faults', () => {
  let node: OpenSearchNode;
  let folder: string;
  const chance = chanceOf('opensearch');
  beforeAll(async () => {
    folder = await makeFolder();
    node = await startNode({ folder });
  });
  afterAll(async () => {
    await node.stop();
    await removeFolder(folder);
  });

  interface Trial {
    readonly events: InMemoryEventStore;
    readonly store: OpenSearchReadStore;
    readonly proxy: SearchProxy;
    readonly projector: Projector;
    readonly prefix: string;
    readonly append: (total: number) => Promise<void>;
    /** Resolves when everything appended is in the read model; in time after a fault, without a restart. */
    readonly caughtUp: () => Promise<void>;
    readonly status: () => string;
  }

  const hostedOn = (store: HostedProjection['store']): HostedProjection => ({
    projection: counters,
    store,
    recovery: { retryDelayMs: 50, retryDelayMaxMs: 1_000 },
  });

  const expectFold = async ({ events, store }: Pick<Trial, 'events' | 'store'>): Promise<void> => {
    const { isSame, differences } = await verifyProjection({ reader: events, hosted: hostedOn(store) });
    expect(differences).toEqual([]);
    expect(isSame).toBe(true);
  };

  const trial = async (work: (trial: Trial) => Promise<void>): Promise<void> => {
    const events = new InMemoryEventStore();
    const proxy = await SearchProxy.listen(node.url, chance);
    const prefix = freshPrefix();
    const store = await openStore(proxy.url, prefix, { collections: COLLECTIONS });
    const projector = new Projector({ reader: events, projections: [hostedOn(store)], batchSizeMax: 40, cacheBytesMax: 5_000 });
    const head = async (): Promise<Position> => (await events.head()) ?? (0n as Position);
    const caughtUp = async (timeoutMs = HEALED_MS): Promise<void> => projector.waitFor('counters', await head(), { timeoutMs });
    const status = (): string =>
      projector
        .status()
        .map(({ state, reason }) => `${state} ${reason ?? ''}`)
        .join();
    projector.start();
    try {
      await append(events, chance, EVENTS);
      await caughtUp(HAPPENS_MS);
      await work({ events, store, proxy, projector, prefix, append: (total) => append(events, chance, total), caughtUp, status });
      proxy.become({});
      await caughtUp();
      await expectFold({ events, store });
    } finally {
      await projector.stop();
      await store.close();
      await proxy.close();
    }
  };

  const eventually = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + HAPPENS_MS;
    while (!(await holds())) {
      if (performance.now() > deadline) expect.fail('did not happen in time');
      await delay(20);
    }
  };

  it('fills a new generation by itself when the index was deleted, and says meanwhile how far it is', async () => {
    await trial(async ({ store, prefix, append: more, caughtUp }) => {
      const before = await store.search<Counter>('counters', { query: 'counter', limit: 1_000 });
      expect(before.total).toBeGreaterThan(10);
      await fetch(`${node.url}/${prefix}-counters-1-*`, { method: 'DELETE' });
      const gone = await store.search<Counter>('counters', { query: 'counter', limit: 1_000 });
      if (gone.total === 0) expect(gone.position ?? 0n).toBeLessThan(before.position ?? 0n);
      await more(50);
      await caughtUp();
      expect((await store.generations('counters')).map(({ number }) => number)).toEqual([2]);
    });
  });

  it('waits while writes are blocked, says why, and goes on when the block is lifted', async () => {
    await trial(async ({ store, prefix, append: more, status }) => {
      const block = (isSet: boolean): Promise<Response> =>
        fetch(`${node.url}/${prefix}*/_settings`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ 'index.blocks.read_only': isSet ? true : null }),
        });
      await block(true);
      await more(50);
      await eventually(() => status().includes('READ_STORE_READ_ONLY'));
      expect((await store.search('counters', { query: 'counter', limit: 1 })).total).toBeGreaterThan(10);
      await block(false);
    });
  });

  it.each<[string, SearchFault]>([
    ['items that are refused with 429 and 503', { refusedItems: { share: 0.2, statuses: [429, 503] } }],
    ['items that are told to be in conflict', { refusedItems: { share: 0.2, statuses: [409] } }],
    ['a server that is busy', { busyShare: 0.2 }],
    ['a slow server', { delayMs: 100 }],
  ])('writes everything once in spite of %s', async (_, fault) => {
    await trial(async ({ proxy, append: more }) => {
      proxy.become(fault);
      await more(EVENTS);
      await delay(1_000);
      if (fault.delayMs === undefined) await eventually(() => proxy.falsified > 5);
    });
  });

  it(`finishes what was committed, and nothing else, when the line is cut after any write (${CUTS} times)`, async () => {
    for (let cut = 0; cut < CUTS; cut++) {
      const events = new InMemoryEventStore();
      await append(events, chance, EVENTS);
      const proxy = await SearchProxy.listen(node.url, chance);
      const prefix = freshPrefix();
      const cutOff = await openStore(proxy.url, prefix, { collections: COLLECTIONS });
      proxy.become({ writesLeft: chance.int(4, 28) });
      const options = { reader: events, batchSizeMax: 40, cacheBytesMax: 5_000 };
      const dying = new Projector({ ...options, projections: [hostedOn(cutOff)] });
      dying.start();
      await eventually(() => dying.status().some(({ reason }) => reason !== undefined));
      await dying.stop();
      await cutOff.close();
      await proxy.close();
      const store = await openStore(node.url, prefix, { collections: COLLECTIONS });
      const next = new Projector({ ...options, projections: [hostedOn(store)] });
      next.start();
      await next.waitFor('counters', (await events.head()) as Position, { timeoutMs: HEALED_MS });
      await next.stop();
      await expectFold({ events, store });
      await store.close();
    }
  });

  it(`has all that was committed of a bulk load, and whole batches, when the line is cut after any write (${CUTS} times)`, async () => {
    for (let cut = 0; cut < CUTS; cut++) {
      const proxy = await SearchProxy.listen(node.url, chance);
      const prefix = freshPrefix();
      const [store, cutOff] = await Promise.all([node.url, proxy.url].map((url) => openStore(url, prefix, { collections: COLLECTIONS })));
      if (!store || !cutOff) throw new TypeError('no stores');
      const { number } = await store.createGeneration(counters, new InMemoryEventStore().incarnation, { isBulk: true });
      const dying = await cutOff.open(counters, number);
      proxy.become({ writesLeft: chance.int(1, 14) });
      const states: CutStates = [new Map()];
      await expect(commitUntilCut(dying, states, { collection: 'counters', keys: BULK_KEYS, chance })).rejects.toMatchObject({
        code: 'READ_STORE_UNAVAILABLE',
      });
      await dying.close();
      await cutOff.close();
      await proxy.close();

      const next = await store.open(counters, number);
      const reached = Number(next.checkpoint.position ?? 0n);
      // The last batch was not acknowledged: it is there as a whole, or not at all.
      expect([states.length - 2, states.length - 1]).toContain(reached);
      expect(new Map(await next.load('counters', BULK_KEYS))).toEqual(states[reached]);
      await next.finishBulk();
      const scanned = await store.scan('counters', number, 'counters', { limit: 100 });
      expect(new Map(scanned)).toEqual(states[reached]);
      await next.close();
      await store.close();
    }
  });

  /** While OpenSearch is in trouble a store beside it follows, from the first event to the last. */
  const expectOthersUnharmed = async (events: InMemoryEventStore): Promise<void> => {
    const others = new Projector({ reader: events, projections: [hostedOn(new MemoryReadStore())] });
    others.start();
    await others.waitFor('counters', (await events.head()) as Position, { timeoutMs: HEALED_MS });
    await others.stop();
  };

  it.for(rounds)('goes on after the node was killed and started again, and harms nobody meanwhile (round %i)', async () => {
    await trial(async ({ events, append: more, status }) => {
      const writing = more(EVENTS);
      await node.kill();
      await writing;
      await eventually(() => status().includes('READ_STORE_UNAVAILABLE'));
      await expectOthersUnharmed(events);
      await delay(DOWN_MS);
      node = await startNode({ folder, port: node.port });
    });
  });

  it.for(rounds)('goes on after its connections were ended again and again, and harms nobody meanwhile (round %i)', async () => {
    await trial(async ({ events, proxy, append: more }) => {
      for (let reset = 0; reset < RESETS; reset++) {
        await more(EVENTS / RESETS);
        await delay(chance.int(0, 30));
        proxy.reset();
      }
      await expectOthersUnharmed(events);
    });
  });
});
