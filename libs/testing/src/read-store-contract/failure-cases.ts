// The engine on the store under test when events cannot be applied: exactly these are parked; everything else goes on.
import assert from 'node:assert/strict';
import { InMemoryEventStore, streamOf, type Position } from '@mainstem/event-store';
import { Projector, type DocumentProjection } from '@mainstem/projection';
import type { ContractCase } from '../contract-suite.js';
import type { ContractContext, DefineCase } from './contract-fixture.js';
import { contractEventId } from './contract-history.js';
import { contractProjection, ORDERS, type ContractDocuments, type ContractOrder } from './contract-projection.js';
import { briefly, ODD_TEXTS } from './odd-texts.js';

const TIMEOUT_MS = 60_000;
const RECOVERY = { onFailure: 'park', attemptsMax: 1, retryDelayMs: 1, retryDelayMaxMs: 5 } as const;

/** One event a key, each in its own stream, between two sound ones. */
const eventsFor = async (keys: readonly string[]): Promise<{ readonly store: InMemoryEventStore; readonly head: Position }> => {
  const store = new InMemoryEventStore();
  for (const [index, key] of ['first', ...keys, 'last'].entries()) {
    const data = { customer: key, country: 'GB' };
    const event = { id: contractEventId(index + 1), type: 'OrderOpened', data, metadata: {}, schemaVersion: 1 };
    await store.append(streamOf('contract', `odd-${index}`), [event], { expectedRevision: 'any' });
  }
  const head = await store.head();
  assert.ok(head !== undefined);
  return { store, head };
};

/** The customer is the key; an error thrown by `fold` is the failure of the event. */
const byCustomer = (documents: ContractDocuments, fold: (key: string) => Partial<ContractOrder>): DocumentProjection => {
  const projection = contractProjection(documents);
  const key = (event: { readonly data: unknown }): string => String((event.data as { customer: unknown }).customer);
  const opened = (_: unknown, event: { readonly data: unknown }, stream: string): ContractOrder => ({
    ...{ stream, customer: null, country: 'GB', lines: 0, total: '0.00', tags: [], details: null },
    ...fold(key(event)),
  });
  return { ...projection, key, evolve: new Map([...projection.evolve, ['OrderOpened', opened]]), rollUps: [], collections: projection.collections };
};

const run = async ({ store }: ContractContext, projection: DocumentProjection, keys: readonly string[]): Promise<number | undefined> => {
  const { store: reader, head } = await eventsFor(keys);
  const projector = new Projector({ reader, projections: [{ projection, store, recovery: RECOVERY }], batchSizeMax: 8 });
  projector.start();
  try {
    await projector.waitFor(ORDERS, head, { timeoutMs: TIMEOUT_MS });
    return projector.status()[0]?.parkedKeys;
  } catch (error) {
    throw new Error(`${String(error)} ${projector.status()[0]?.reason ?? 'no reason'}`, { cause: error });
  } finally {
    await projector.stop();
  }
};

const keysParked = async ({ store }: ContractContext): Promise<readonly string[]> => (await store.parked(ORDERS, 100)).map(({ key }) => key);

export const failureCases = (define: DefineCase): readonly ContractCase[] => [
  define('goes on after an event that cannot be folded, whatever its key and its error contain', async (context) => {
    const refused = ODD_TEXTS.filter((key) => key !== '');
    const projection = byCustomer(context.documents, (key) => {
      if (refused.includes(key)) throw new Error(`cannot take ${key}`);
      return {};
    });
    assert.equal(await run(context, projection, refused), refused.length);
    assert.deepEqual((await keysParked(context)).map(briefly), refused.map(briefly));
    for (const { error, key } of await context.store.parked(ORDERS, 100)) {
      assert.ok(error.includes(`cannot take ${key}`.slice(0, 100)), `the error of ${briefly(key)} is ${error.slice(0, 300)}`);
    }
    for (const key of ['first', 'last']) assert.ok(await context.readDocument(ORDERS, key), `the document of ${key} is there`);
  }),

  define('goes on after errors of a million characters, and keeps their beginning', async (context) => {
    const text = `the rules say: ${'\u0000\ud83d no 🎉'.repeat(100_000)}`;
    const projection = byCustomer(context.documents, (key) => {
      if (key.startsWith('refused')) throw new Error(text.slice(key.length));
      return {};
    });
    assert.equal(await run(context, projection, ['refused 1', 'a', 'refused 22']), 2);
    assert.deepEqual(await keysParked(context), ['refused 1', 'refused 22']);
    for (const { error } of await context.store.parked(ORDERS, 100)) assert.ok(error.includes('say: \0\ud83d no 🎉') && error.length <= 2_000);
    for (const key of ['first', 'a', 'last']) assert.ok(await context.readDocument(ORDERS, key), `the document of ${key} is there`);
  }),

  define('parks exactly the events whose documents cannot be stored, however long their keys are', async (context) => {
    const long = `https://shop.example/${'catalogue/'.repeat(30)}`;
    const keys = ['a', long, 'b', `${long}2`, 'c'];
    // No store accepts NaN.
    const projection = byCustomer(context.documents, (key) => (key.startsWith(long) ? { lines: Number.NaN } : {}));
    assert.equal(await run(context, projection, keys), 2);
    assert.deepEqual(await keysParked(context), [long, `${long}2`]);
    for (const key of ['first', 'a', 'b', 'c', 'last']) assert.ok(await context.readDocument(ORDERS, key), `the document of ${key} is there`);
  }),

  define('stores or parks a document depending on its key, and goes on either way', async (context) => {
    const projection = byCustomer(context.documents, () => ({}));
    const parked = await run(context, projection, ODD_TEXTS);
    const keys = await keysParked(context);
    assert.equal(parked, keys.length);
    const session = await context.store.open(contractProjection(context.documents), 1);
    const taken = ODD_TEXTS.filter((key) => !keys.includes(key));
    const stored = await session.load(ORDERS, taken);
    assert.deepEqual([...stored.keys()].map(briefly).sort(), taken.map(briefly).sort());
    for (const [key, document] of stored) assert.ok((document as ContractOrder).stream === key, `the document of ${briefly(key)} is its own`);
    await session.close();
  }),
];
