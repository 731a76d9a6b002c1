// Generations on OpenSearch whose creation or deletion was cut off between two steps: the next start completes or
// removes them.
import { defineEvents, InMemoryEventStore, streamOf, systemRuntime, type EventId, type Runtime } from '@mainstem/event-store';
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { documentProjection, partitioned, Projector, type DocumentProjection } from '@mainstem/projection';
import { verifyProjection } from '@mainstem/projection/operate';
import type { CreateGenerationOptions } from '@mainstem/projection/adapter';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { freshPrefix, openStore, removeIndices, sharedNode } from '../contract/opensearch-nodes.js';
import { SearchProxy } from './support/search-proxy.js';
import { chanceOf } from './support/trials.js';

/** More than making a generation needs, with two parts and the index that counts numbers. */
const WRITES_MAX = 12;
const EVENTS = 10;
const HEALED_MS = 60_000;
const TIMEOUT_MS = 600_000;

class Counter {
  key!: string;
  events!: number;
}
const counterEvents = defineEvents('counter', { Counted: class {} });
const counters = (version: number): DocumentProjection =>
  documentProjection({
    name: 'counters',
    version,
    document: Counter,
    events: [counterEvents],
    key: (event) => event.stream,
    evolve: { Counted: (counter, _, key) => ({ key, events: (counter?.events ?? 0) + 1 }) },
  });

const filled = async (): Promise<InMemoryEventStore> => {
  const events = new InMemoryEventStore();
  for (let index = 0; index < EVENTS; index++) {
    const event = { type: 'Counted', data: {}, id: randomUUID() as EventId, metadata: {} };
    await events.append(streamOf('counter', String(index % 3)), [event], { expectedRevision: 'any' });
  }
  return events;
};

/** No leftover grows old during a test. */
const startedAtMs = systemRuntime.now();
const AT_ONCE: Runtime = { ...systemRuntime, now: () => startedAtMs };
/** A clock that is ahead by an hour. */
const LATER: Runtime = { ...systemRuntime, now: () => startedAtMs + 3_600_000 };

const url = await sharedNode();

describe.skipIf(url === undefined)('an OpenSearch read store that was cut off', () => {
  const node = url ?? '';
  const chance = chanceOf('opensearch-leftovers');
  const { incarnation } = new InMemoryEventStore();

  /** All generations, listed or not. */
  const indicesOf = async (prefix: string): Promise<readonly string[]> => {
    const answer = await fetch(`${node}/${prefix}-*?filter_path=*.mappings._meta`);
    return Object.keys((await answer.json()) as object);
  };

  const expectListed = async (store: OpenSearchReadStore, prefix: string, numbers: readonly number[]): Promise<void> => {
    expect((await store.generations('counters')).map(({ number }) => number)).toEqual(numbers);
    expect(await indicesOf(prefix)).toHaveLength(numbers.length);
  };

  const follow = async (store: OpenSearchReadStore, events: InMemoryEventStore, projection: DocumentProjection): Promise<void> => {
    const hosted = { projection, store };
    const projector = new Projector({ reader: events, projections: [hosted] });
    projector.start();
    await projector.waitFor('counters', (await events.head()) ?? expect.fail('no events'), { timeoutMs: HEALED_MS });
    await projector.stop();
    expect((await verifyProjection({ reader: events, hosted })).isSame).toBe(true);
  };

  /** Through a line that is cut after this many writes. Returns whether it came to its end. */
  const cutOff = async (prefix: string, writesLeft: number, work: (store: OpenSearchReadStore) => Promise<unknown>): Promise<boolean> => {
    const proxy = await SearchProxy.listen(node, chance);
    const store = await openStore(proxy.url, prefix, { runtime: AT_ONCE });
    proxy.become({ writesLeft });
    const isDone = await work(store).then(
      () => true,
      () => false,
    );
    await store.close();
    await proxy.close();
    return isDone;
  };

  const withPrefix = async (work: (prefix: string) => Promise<void>): Promise<void> => {
    const prefix = freshPrefix();
    await work(prefix);
    await removeIndices(node, prefix);
  };

  /** Under a prefix where a generation has its index and nothing else. */
  const withIndexAlone = async (options: CreateGenerationOptions, work: (prefix: string) => Promise<void>): Promise<void> => {
    let isDone = false;
    for (let attempt = 1; !isDone; attempt++) {
      expect(attempt).toBeLessThan(30);
      await withPrefix(async (prefix) => {
        // The fifth write makes the index, after the claim of its collections: it must arrive, without its answer.
        await cutOff(prefix, 4, (store) => store.createGeneration(counters(1), incarnation, options));
        if ((await indicesOf(prefix)).length === 0) return;
        await work(prefix);
        isDone = true;
      });
    }
  };

  it.each([1, 2])('completes a generation in parts (%i), whichever step of its creation was the last one', { timeout: TIMEOUT_MS }, async (parts) => {
    const events = await filled();
    let cuts = 0;
    for (let writesLeft = 0; writesLeft <= WRITES_MAX; writesLeft++) {
      await withPrefix(async (prefix) => {
        const projection = partitioned(counters(1), parts);
        if (!(await cutOff(prefix, writesLeft, (store) => store.createGeneration(projection, events.incarnation)))) cuts++;
        const store = await openStore(node, prefix, { runtime: AT_ONCE });
        await follow(store, events, projection);
        const generations = await store.generations('counters');
        expect(generations.map(({ state }) => state)).toEqual(['serving']);
        expect(await indicesOf(prefix)).toHaveLength(1);
        await store.close();
      });
    }
    // The last ones were long enough.
    expect(cuts).toBeGreaterThan(4);
    expect(cuts).toBeLessThan(WRITES_MAX + 1);
  });

  it.each([true, false])('completes an unfinished bulk generation (%s) as such, and for nothing else', { timeout: TIMEOUT_MS }, async (isBulk) => {
    await withIndexAlone({ isBulk }, async (prefix) => {
      const store = await openStore(node, prefix, { runtime: AT_ONCE });
      expect(await store.generations()).toEqual([]);
      const other = await store.createGeneration(counters(1), incarnation, { isBulk: !isBulk });
      expect(other).toMatchObject({ number: 2, isBulk: !isBulk });
      const made = await store.createGeneration(counters(1), incarnation, { isBulk });
      expect(made).toMatchObject({ number: 1, isBulk, state: isBulk ? 'filling' : 'serving' });
      await expectListed(store, prefix, [1, 2]);
      await store.close();
    });
  });

  it('removes what another definition has left, and keeps what may be in the making', { timeout: TIMEOUT_MS }, async () => {
    await withIndexAlone({ isBulk: true }, async (prefix) => {
      const store = await openStore(node, prefix, { runtime: AT_ONCE });
      const { number } = await store.createGeneration(counters(2), incarnation);
      expect(await indicesOf(prefix)).toHaveLength(2);
      await store.close();
      const next = await openStore(node, prefix, { runtime: LATER });
      await (await next.open(counters(2), number)).close();
      await expectListed(next, prefix, [number]);
      await next.close();
    });
  });

  it.each([
    [1, 'state'],
    [2, 'state'],
    [2, 'state#1'],
  ])(
    'shows only a new generation after the serving one, in parts (%i), has lost its %s, and then removes that one',
    { timeout: TIMEOUT_MS },
    async (parts, lost) => {
      const events = await filled();
      const projection = partitioned(counters(1), parts);
      await withPrefix(async (prefix) => {
        const store = await openStore(node, prefix, { runtime: AT_ONCE });
        await follow(store, events, projection);
        await fetch(`${node}/${prefix}-counters-g1/_doc/${encodeURIComponent(lost)}`, { method: 'DELETE' });
        await follow(store, events, projection);
        const serving = (await (await fetch(`${node}/_alias/${prefix}-counters`)).json()) as object;
        expect(Object.keys(serving)).toEqual([expect.stringContaining(`${prefix}-counters-2-`)]);
        await store.close();
        const next = await openStore(node, prefix, { runtime: LATER });
        await (await next.open(projection, 2)).close();
        await expectListed(next, prefix, [2]);
        await next.close();
      });
    },
  );

  it('removes a half-deleted generation', { timeout: TIMEOUT_MS }, async () => {
    for (let writesLeft = 0; writesLeft <= 4; writesLeft++) {
      await withPrefix(async (prefix) => {
        const store = await openStore(node, prefix, { runtime: AT_ONCE });
        const serving = await store.createGeneration(counters(1), incarnation);
        const { number } = await store.createGeneration(counters(2), incarnation, { isBulk: true });
        await cutOff(prefix, writesLeft, (dying) => dying.dropGeneration('counters', number));
        await (await store.open(counters(1), serving.number)).close();
        const isKept = (await store.generations('counters')).length === 2;
        // The first request that counts as a write asks for the claims; before the second one, nothing is decided.
        if (writesLeft > 1) expect(isKept).toBe(false);
        await expectListed(store, prefix, isKept ? [serving.number, number] : [serving.number]);
        await store.close();
      });
    }
  });
});
