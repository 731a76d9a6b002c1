// OpenSearch under faults: each event takes effect once, reads are never wrong, and everything goes on automatically
// afterwards.
import { setTimeout as delay } from 'node:timers/promises';
import { InMemoryEventStore, type Position } from '@mainstem/event-store';
import { Projector } from '@mainstem/projection';
import { Rebuilder } from '@mainstem/projection/operate';
import { MemoryReadStore } from '@mainstem/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshPrefix, openStore, startNode, type OpenSearchNode } from '../contract/opensearch-nodes.js';
import { commitUntilCut, type CutStates } from './support/cut-commits.js';
import { SearchProxy, type SearchFault } from './support/search-proxy.js';
import {
  append,
  BATCH_SIZE_MAX,
  COLLECTIONS,
  counters,
  eventually,
  EVENTS,
  expectFold,
  HEALED_MS,
  hostedOn,
  KEYS,
  searchTrial,
  type SearchTrial,
} from './support/search-trial.js';
import { chanceOf, isLong, makeFolder, OUTAGE_MS, removeFolder, trials } from './support/trials.js';

/** Enough to make a generation, to open it, and for some of its ten batches. */
const WRITES_TO_PART = 13;
const CUTS = trials(12);
/** The number of times that all connections end in one round. */
const RESETS = 20;
const rounds: readonly number[] = Array.from({ length: trials(1) }, (_, round) => round);
const DOWN_MS = isLong ? OUTAGE_MS : 3_000;

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

  const trial = (work: (trial: SearchTrial) => Promise<void>): Promise<void> => searchTrial(node.url, chance, work);
  const lose = (index: string): Promise<Response> => fetch(`${node.url}/${index}`, { method: 'DELETE' });

  it('fills a new generation automatically when the index was deleted, and shows nothing of it before it is complete', async () => {
    await trial(async ({ store, proxy, prefix, reading, append: more, caughtUp }) => {
      const { position } = reading;
      proxy.become({ writesLeft: WRITES_TO_PART });
      await lose(`${prefix}-counters-1-*`);
      const direct = await openStore(node.url, prefix);
      await eventually(async () => {
        const [filling] = await direct.generations('counters');
        return filling?.number === 2 && (filling.checkpoint.position ?? 0n) > 0n;
      });
      await direct.close();
      const { answers } = reading;
      await eventually(() => reading.answers > answers + 1);
      expect(reading.misses).toBeGreaterThan(0);
      expect(reading.position).toBe(position);
      proxy.become({});
      await more(50);
      await caughtUp();
      expect((await store.generations('counters')).map(({ number }) => number)).toEqual([2]);
    });
  });

  it('goes on serving and promotes the filled generation when the control index is repeatedly deleted', async () => {
    await trial(async ({ events, store, prefix, reading, append: more }) => {
      let losses = 0;
      const rebuilding = new Rebuilder({
        reader: events,
        projections: [hostedOn(store)],
        batchSizeMax: BATCH_SIZE_MAX,
        crash: {
          reach: async () => {
            if (losses++ % 2 === 0) await lose(`${prefix}.control`);
          },
        },
      }).run();
      await more(EVENTS);
      const { projections } = await rebuilding;
      expect(projections).toMatchObject([{ generation: 2, former: 1, outcome: 'promoted' }]);
      expect(losses).toBeGreaterThan(5);
      expect(reading.misses).toBe(0);
    });
  });

  it.each([
    ['by hand', 'index.blocks.read_only'],
    ['because the disk is almost full', 'index.blocks.read_only_allow_delete'],
  ])('waits while writes are blocked %s, reports why, and goes on when the block is lifted', async (_, setting) => {
    await trial(async ({ store, prefix, append: more, status }) => {
      const block = (isSet: boolean): Promise<Response> =>
        fetch(`${node.url}/${prefix}*/_settings`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ [setting]: isSet ? true : null }),
        });
      await block(true);
      await more(50);
      await eventually(async () => {
        await block(true); // the server lifts that of a full disk itself when it finds room
        return status().includes('READ_STORE_READ_ONLY');
      });
      expect((await store.search('counters', { query: 'counter', limit: 1 })).total).toBeGreaterThan(10);
      await block(false);
    });
  });

  it.each<[string, SearchFault]>([
    ['items that are refused with 429 and 503', { refusedItems: { share: 0.2, statuses: [429, 503] } }],
    ['items that are told to be in conflict', { refusedItems: { share: 0.2, statuses: [409] } }],
    ['a server that is busy', { busyShare: 0.2 }],
    ['a slow server', { delayMs: 100 }],
  ])('writes everything once despite %s', async (_, fault) => {
    await trial(async ({ proxy, append: more }) => {
      proxy.become(fault);
      await more(EVENTS);
      await delay(1_000);
      if (fault.delayMs === undefined) await eventually(() => proxy.falsified > 5);
    });
  });

  it(`finishes committed batches only, when the line is cut after any write (${CUTS} times)`, async () => {
    for (let cut = 0; cut < CUTS; cut++) {
      const events = new InMemoryEventStore();
      await append(events, chance, EVENTS);
      const proxy = await SearchProxy.listen(node.url, chance);
      const prefix = freshPrefix();
      const cutOff = await openStore(proxy.url, prefix, { collections: COLLECTIONS });
      proxy.become({ writesLeft: chance.int(4, 28) });
      const options = { reader: events, batchSizeMax: BATCH_SIZE_MAX, cacheBytesMax: 5_000 };
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

  it(`has all committed batches of a bulk load, each complete, when the line is cut after any write (${CUTS} times)`, async () => {
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
      // The last batch was not acknowledged: it is there completely or not at all.
      expect([states.length - 2, states.length - 1]).toContain(reached);
      expect(new Map(await next.load('counters', BULK_KEYS))).toEqual(states[reached]);
      await next.finishBulk();
      const scanned = await store.scan('counters', number, 'counters', { limit: 100 });
      expect(new Map(scanned)).toEqual(states[reached]);
      await next.close();
      await store.close();
    }
  });

  /** While OpenSearch is in trouble, another store follows all events. */
  const expectOthersUnharmed = async (events: InMemoryEventStore): Promise<void> => {
    const others = new Projector({ reader: events, projections: [hostedOn(new MemoryReadStore())] });
    others.start();
    await others.waitFor('counters', (await events.head()) as Position, { timeoutMs: HEALED_MS });
    await others.stop();
  };

  it.for(rounds)('goes on after the node was killed and started again, without harm to others (round %i)', async () => {
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

  it.for(rounds)('goes on after its connections were ended repeatedly, without harm to others (round %i)', async () => {
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
