// Contract for an event store restored from a backup: the checkpoint shows it, and a rebuild mends it.
import assert from 'node:assert/strict';
import { InMemoryEventStore, systemRuntime, type NewEvent, type Position } from '@mainstem/event-store';
import { fillSideGeneration, Rebuilder, rollBack, verifyProjection } from '@mainstem/projection/operate';
import type { ContractCase } from '../contract-suite.js';
import type { ContractContext, DefineCase } from './contract-fixture.js';
import { contractEventId, contractHistory, type ContractHistory } from './contract-history.js';
import { contractProjection, ORDERS } from './contract-projection.js';
import { assertIsFold, IMPATIENT, projectorOf, RECOVERY, runToHead } from './engine-cases.js';

const EVENTS = 120;
const BACKED_UP = 80;
const UNTIL = 100n as Position;
const OTHER_IDS_FROM = 1_000_000;
const STOPPED_WITHIN_MS = 10_000;

/** The same event store, put back to its first events and continued with others. */
const restored = async (history: ContractHistory, others: number): Promise<ContractHistory> => {
  const store = new InMemoryEventStore({ runtime: { ...systemRuntime, uuid: () => history.store.incarnation } });
  const append = ({ id, type, data }: Pick<NewEvent, 'id' | 'type' | 'data'>, stream: Parameters<typeof store.append>[0]) =>
    store.append(stream, [{ id, type, data, metadata: {} }], { expectedRevision: 'any' });
  for (const event of history.events.slice(0, BACKED_UP)) await append(event, event.stream);
  const { events } = await contractHistory(others, 2);
  for (const [index, event] of events.entries())
    await append({ type: event.type, data: event.data, id: contractEventId(OTHER_IDS_FROM + index) }, event.stream);
  return { events: await allOf(store), store };
};

const allOf = async (store: InMemoryEventStore): Promise<ContractHistory['events']> => {
  const all = [];
  for await (const page of store.readAll()) all.push(...page);
  return all;
};

const assertStops = async (context: ContractContext, history: ContractHistory, code: string): Promise<void> => {
  const projector = projectorOf(context, history);
  projector.start();
  try {
    const deadline = systemRuntime.monotonic() + STOPPED_WITHIN_MS;
    while (projector.status()[0]?.state !== 'stopped') {
      assert.ok(systemRuntime.monotonic() < deadline, `the projection is ${projector.status()[0]?.state}`);
      await systemRuntime.sleep(1);
    }
    assert.ok(projector.status()[0]?.reason?.startsWith(code), projector.status()[0]?.reason);
  } finally {
    await projector.stop();
  }
};

export const restoredCases = (define: DefineCase): readonly ContractCase[] => [
  define('fills a side generation anew after its events were lost, and recognises each by its events', async (context) => {
    const history = await contractHistory(EVENTS);
    const now = await restored(history, EVENTS);
    const hosted = { projection: contractProjection(context.documents), store: context.store };
    const filled = async ({ store: reader }: ContractHistory): Promise<number> => (await fillSideGeneration({ reader, hosted, until: UNTIL })).number;
    assert.deepEqual([await filled(history), await filled(now)], [1, 2]);
    assert.deepEqual([await filled(history), await filled(now)], [1, 2]);
    const { differences } = await verifyProjection({ reader: now.store, hosted, generation: 2 });
    assert.deepEqual(differences, []);
  }),
  ...(
    [
      [10, 'PROJECTION_CHECKPOINT_AHEAD'],
      [100, 'PROJECTION_EVENT_STORE_RESTORED'],
    ] as const
  ).map(([others, code]) =>
    define(`stops at a checkpoint of lost events (${code}), goes on after a rebuild, and does not go back`, async (context) => {
      const history = await contractHistory(EVENTS);
      await runToHead(context, history);
      const now = await restored(history, others);
      await assertStops(context, now, code);
      const hosted = { projection: contractProjection(context.documents), store: context.store, recovery: RECOVERY };
      const options = { reader: now.store, followMs: 0, runtime: IMPATIENT };
      const { projections } = await new Rebuilder({ ...options, projections: [hosted] }).run();
      assert.deepEqual(
        projections.map(({ outcome, generation, reason }) => [outcome, generation, reason]),
        [['promoted', 2, undefined]],
      );
      await assertIsFold(context, now);
      const { outcome, reason } = await rollBack({ ...options, hosted });
      assert.equal(outcome, 'failed');
      assert.ok(reason?.startsWith(code), reason);
      assert.equal((await context.store.generations(ORDERS)).find(({ state }) => state === 'serving')?.number, 2);
      await runToHead(context, now);
      await assertIsFold(context, now);
    }),
  ),
];
