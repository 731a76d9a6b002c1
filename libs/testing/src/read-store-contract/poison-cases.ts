// Poison among sound events of one batch: exactly these events and keys are parked, in order; all others are applied.
import assert from 'node:assert/strict';
import { InMemoryEventStore, streamOf, type RecordedEvent } from '@mainstem/event-store';
import { handlerProjection, Projector, type AnyProjection, type DocumentProjection } from '@mainstem/projection';
import type { ScanEntry } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { anOrder, type ContractContext, type DefineCase, type TransactionSteps } from './contract-fixture.js';
import { contractEventId, contractHistory, foldPlainly } from './contract-history.js';
import { contractEvents, contractProjection, ORDERS, TOTALS, type ContractOrder } from './contract-projection.js';
import { briefly, ODD_TEXTS } from './odd-texts.js';

const EVENTS = 150;
const TIMEOUT_MS = 60_000;
const RECOVERY = { onFailure: 'park', attemptsMax: 1, retryDelayMs: 1, retryDelayMaxMs: 5 } as const;

const run = async ({ store }: ContractContext, projection: AnyProjection, reader: InMemoryEventStore): Promise<void> => {
  const projector = new Projector({ reader, projections: [{ projection, store, recovery: RECOVERY }], batchSizeMax: 1_000 });
  const head = await reader.head();
  assert.ok(head !== undefined);
  projector.start();
  try {
    await projector.waitFor(ORDERS, head, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    throw new Error(`${String(error)} ${projector.status()[0]?.reason ?? 'no reason'}`, { cause: error });
  } finally {
    await projector.stop();
  }
};

/** The content of a collection, without the engine's bookkeeping. */
const documentsOf = async ({ store }: ContractContext, collection: string): Promise<ReadonlyMap<string, object>> => {
  const shown = ([key, stored]: ScanEntry): readonly [string, object] => {
    const { $state: _, ...document } = stored as Readonly<Record<string, unknown>>;
    return [key, document];
  };
  return new Map((await store.scan(ORDERS, 1, collection, { limit: 1_000 })).map(shown));
};

const byKey = (documents: ReadonlyMap<string, object>): unknown => [...documents].sort(([left], [right]) => (left < right ? -1 : 1));

/** Events that add a line to open orders, each to another one, spread over the history. */
const someLines = (events: readonly RecordedEvent[], count: number): readonly RecordedEvent[] => {
  const chosen = new Map<string, RecordedEvent>();
  for (const event of events.slice(events.length / 3)) {
    if (event.type === 'LineAdded' && !chosen.has(event.stream) && chosen.size < count) chosen.set(event.stream, event);
  }
  assert.equal(chosen.size, count);
  return [...chosen.values()];
};

/** The poisoned event and the later events of its stream. */
const parkedBehind = (events: readonly RecordedEvent[], poison: readonly RecordedEvent[]): readonly RecordedEvent[] =>
  events.filter(({ stream, position, type }) => type !== 'SomethingElse' && poison.some((one) => one.stream === stream && one.position <= position));

const assertParked = async ({ store }: ContractContext, expected: readonly RecordedEvent[]): Promise<void> => {
  const parked = await store.parked(ORDERS, 1_000);
  assert.deepEqual(
    parked.map(({ key, position }) => [key, position]),
    expected.map(({ stream, position }) => [stream, position]),
  );
};

/** Each in its own stream, with a sound event before and after them. */
const openedBy = async (payloads: readonly { readonly customer: string; readonly country: string }[]): Promise<InMemoryEventStore> => {
  const store = new InMemoryEventStore();
  const sound = { customer: 'sound', country: 'GB' };
  for (const [index, data] of [sound, ...payloads, sound].entries()) {
    const event = { id: contractEventId(index + 1), type: 'OrderOpened', data, metadata: {}, schemaVersion: 1 };
    await store.append(streamOf('contract', String(index)), [event], { expectedRevision: 'any' });
  }
  return store;
};

/** Texts that every database holds, whatever its encoding and limits. */
const isPlain = (text: string): boolean => text.length <= 1_000 && !/[\0\p{Cs}]/u.test(text);

export const poisonCases = (define: DefineCase): readonly ContractCase[] => [
  define(
    'parks exactly the events of one batch that fail in evolve, in a measure or in the store, and applies all others in order',
    async (context) => {
      const { events, store } = await contractHistory(EVENTS, 11);
      const poison = someLines(events, 4);
      const [inEvolve, inStore, inGroup, inMeasure] = poison.map(({ position }) => position);
      const whole = contractProjection(context.documents);
      const lineAdded = (document: object | null, event: RecordedEvent, key: string): object | null => {
        if (event.position === inEvolve) throw new Error('evolve is wrong');
        const folded = whole.evolve.get('LineAdded')?.(document, event, key) ?? null;
        // No store accepts NaN, and no sum accepts text.
        if (event.position === inStore) return { ...folded, details: { ratio: Number.NaN } };
        if (event.position === inGroup) return { ...folded, country: 'no group' };
        return event.position === inMeasure ? { ...folded, total: 'no number' } : folded;
      };
      const groupBy = (document: object): string => {
        const { country } = document as ContractOrder;
        if (country === 'no group') throw new Error('groupBy is wrong');
        return country;
      };
      const projection: DocumentProjection = {
        ...whole,
        evolve: new Map([...whole.evolve, ['LineAdded', lineAdded]]),
        rollUps: whole.rollUps.map((rollUp) => ({ ...rollUp, groupBy })),
      };
      await run(context, projection, store);
      const parked = parkedBehind(events, poison);
      await assertParked(context, parked);
      const { orders, totals } = foldPlainly(events.filter((event) => !parked.includes(event)));
      assert.deepEqual(byKey(await documentsOf(context, ORDERS)), byKey(orders));
      assert.deepEqual(byKey(await documentsOf(context, TOTALS)), byKey(totals));
    },
  ),

  define('holds any text in a document, or parks its event alone', async (context) => {
    const whole = contractProjection(context.documents);
    const opened = (_: unknown, { data }: { readonly data: unknown }, stream: string): ContractOrder => {
      const { customer: text } = data as { readonly customer: string };
      return anOrder(stream, { customer: text, tags: [text, [text]], details: { [text]: text } });
    };
    const projection: DocumentProjection = { ...whole, evolve: new Map([...whole.evolve, ['OrderOpened', opened]]) };
    const texts = ['sound', ...ODD_TEXTS, 'sound'];
    await run(context, projection, await openedBy(ODD_TEXTS.map((customer) => ({ customer, country: 'GB' }))));
    const parked = new Set((await context.store.parked(ORDERS, 100)).map(({ key }) => key));
    const documents = await documentsOf(context, ORDERS);
    assert.equal(documents.size + parked.size, texts.length);
    for (const [index, text] of texts.entries()) {
      const stream = `contract-${index}`;
      assert.ok(!parked.has(stream) || !isPlain(text), `the document with ${briefly(text)} is stored`);
      const expected = anOrder(stream, { customer: text, tags: [text, [text]], details: { [text]: text } });
      if (!parked.has(stream)) assert.deepEqual(documents.get(stream), expected, `the document with ${briefly(text)} is unchanged`);
    }
    const [total] = (await documentsOf(context, TOTALS)).values();
    assert.equal((total as { readonly orders: number }).orders, documents.size);
  }),

  define('holds a roll-up group of any name, or parks the event of its document alone', async (context) => {
    const texts = ['GB', ...ODD_TEXTS, 'GB'];
    const projection = contractProjection(context.documents);
    await run(context, projection, await openedBy(ODD_TEXTS.map((country) => ({ customer: 'one', country }))));
    const parked = new Set((await context.store.parked(ORDERS, 100)).map(({ key }) => key));
    const totals = await documentsOf(context, TOTALS);
    for (const [index, text] of texts.entries()) {
      const isParked = parked.has(`contract-${index}`);
      assert.ok(!isParked || !isPlain(text), `the group ${briefly(text)} is stored`);
      assert.equal(totals.has(text), !isParked, `the group ${briefly(text)}`);
      if (!isParked) assert.equal((totals.get(text) as { readonly orders: number }).orders, text === 'GB' ? 2 : 1);
    }
    assert.equal((await documentsOf(context, ORDERS)).size + parked.size, texts.length);
  }),
];

/** For stores with transactions: a handler's poison. */
export const handlerPoisonCases = <Transaction>(define: DefineCase, { find, upsert }: TransactionSteps<Transaction>): readonly ContractCase[] => [
  define('parks exactly the events of one batch whose handler fails, after a write or in its write', async (context) => {
    const { events, store } = await contractHistory(EVENTS, 12);
    const poison = someLines(events, 2);
    const [thrown, unstorable] = poison.map(({ position }) => position);
    const projection = handlerProjection<Transaction, [typeof contractEvents]>({
      name: ORDERS,
      version: 1,
      tables: { [ORDERS]: context.documents.orders, [TOTALS]: context.documents.totals },
      events: [contractEvents],
      key: ({ stream }) => stream,
      apply: async (transaction, batch) => {
        for (const { stream, position } of batch) {
          const { lines = 0, tags = [], details: kept = null } = ((await find(transaction, ORDERS, stream)) ?? {}) as Partial<ContractOrder>;
          // Once present it stays: a store may look at the last state only.
          const details = position === unstorable ? { ratio: Number.NaN } : kept;
          await upsert(transaction, ORDERS, stream, anOrder(stream, { lines: lines + 1, tags: [...tags, String(position)], details }));
          if (position === thrown) throw new Error('the handler is wrong');
        }
      },
    });
    await run(context, projection, store);
    const parked = parkedBehind(events, poison);
    await assertParked(context, parked);
    const expected = new Map<string, ContractOrder>();
    for (const event of events) {
      if (event.type === 'SomethingElse' || parked.includes(event)) continue;
      const { lines = 0, tags = [] } = expected.get(event.stream) ?? {};
      expected.set(event.stream, anOrder(event.stream, { lines: lines + 1, tags: [...tags, String(event.position)] }));
    }
    assert.deepEqual(byKey(await documentsOf(context, ORDERS)), byKey(expected));
  }),
];
