// A partitioned generation on OpenSearch whose writers are cut off at the same time: each part has complete batches of
// its own.
import { InMemoryEventStore, defineEvents } from '@mainstem/event-store';
import { documentProjection, partitioned } from '@mainstem/projection';
import { partitionOf, type GenerationSnapshot } from '@mainstem/projection/adapter';
import { describe, expect, it } from 'vitest';
import { freshPrefix, openStore, removeIndices, sharedNode } from '../contract/opensearch-nodes.js';
import { commitUntilCut, type CutStates } from './support/cut-commits.js';
import { SearchProxy } from './support/search-proxy.js';
import { chanceOf, trials } from './support/trials.js';

const PARTS = 2;
const CUTS = trials(6);
const KEYS = Array.from({ length: 30 }, (_, index) => `counter-${index}`);
const COLLECTION = 'counters';
const COLLECTIONS = { [COLLECTION]: { text: ['text'] } };
const TIMEOUT_MS = 300_000;

const whole = documentProjection({
  name: COLLECTION,
  version: 1,
  document: class {},
  events: [defineEvents('counter', { Counted: class {} })],
  key: (event) => event.stream,
  evolve: { Counted: () => ({}) },
});
const projection = partitioned(whole, PARTS);
const keysIn = (part: number): readonly string[] => KEYS.filter((key) => partitionOf(key, PARTS) === part);

const url = await sharedNode();

describe.skipIf(url === undefined)('a generation in parts on OpenSearch', () => {
  const node = url ?? '';
  const chance = chanceOf('opensearch-partitions');

  it(
    `has complete batches of each part, before and after recovery, when their lines are cut after any write (${CUTS} times)`,
    { timeout: TIMEOUT_MS },
    async () => {
      for (let cut = 0; cut < CUTS; cut++) {
        const proxy = await SearchProxy.listen(node, chance);
        const prefix = freshPrefix();
        const [store, cutOff] = [
          await openStore(node, prefix, { collections: COLLECTIONS }),
          await openStore(proxy.url, prefix, { collections: COLLECTIONS }),
        ];
        const { number } = await store.createGeneration(projection, new InMemoryEventStore().incarnation);
        const dying = [await cutOff.open(projection, number, 0), await cutOff.open(projection, number, 1)];
        const states: readonly CutStates[] = dying.map(() => [new Map()]);
        proxy.become({ writesLeft: chance.int(1, 28) });
        const ended = await Promise.allSettled(
          dying.map((session, part) =>
            commitUntilCut(session, states[part] ?? [], { collection: COLLECTION, keys: keysIn(part), chance: chance.fork(`${cut}/${part}`) }),
          ),
        );
        expect(ended.map((one) => (one.status === 'rejected' ? (one.reason as { readonly code?: string }).code : 'done'))).toEqual(
          dying.map(() => 'READ_STORE_UNAVAILABLE'),
        );
        await cutOff.close();
        await proxy.close();

        const reached = await store.snapshot(COLLECTION, number, (snapshot) => expectWholeBatches(snapshot, states));
        // Queries get the position of the part furthest behind, as far as all of it is visible.
        const before = await store.search(COLLECTION, { query: 'cut', limit: 1 });
        expect(Number(before.position ?? 0n)).toBeLessThanOrEqual(Math.min(...reached));
        for (const part of states.keys()) {
          const session = await store.open(projection, number, part);
          expect(Number(session.checkpoint.position ?? 0n)).toBe(reached[part]);
          expect(new Map(await session.load(COLLECTION, keysIn(part)))).toEqual(states[part]?.[reached[part] ?? 0]);
          await session.close();
        }
        expect(await store.snapshot(COLLECTION, number, (snapshot) => expectWholeBatches(snapshot, states))).toEqual(reached);
        await store.makeVisible([COLLECTION]);
        const after = await store.search(COLLECTION, { query: 'cut', limit: 1 });
        expect(Number(after.position ?? 0n)).toBe(Math.min(...reached));
        expect(after.total).toBe(states.reduce((sum, ofPart, part) => sum + (ofPart[reached[part] ?? 0]?.size ?? 0), 0));
        await store.close();
        await removeIndices(node, prefix);
      }
    },
  );
});

/**
 * The last batch of a part was not acknowledged: it is there completely or not at all. Returns their number by part.
 */
const expectWholeBatches = async (snapshot: GenerationSnapshot, states: readonly CutStates[]): Promise<readonly number[]> => {
  const reached = (snapshot.generation.partitions ?? []).map(({ position }) => Number(position ?? 0n));
  expect(reached).toHaveLength(states.length);
  reached.forEach((count, part) => expect([0, 1]).toContain((states[part]?.length ?? 0) - 1 - count));
  const expected = reached.flatMap((count, part) => [...(states[part]?.[count] ?? [])]);
  expect(new Map(await snapshot.scan(COLLECTION, { limit: 1_000 }))).toEqual(new Map(expected));
  return reached;
};
