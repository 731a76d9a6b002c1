// Contract of parked events: kept in order, found by key, and settled in one step with their effect.
import assert from 'node:assert/strict';
import type { ParkedEvent } from '@mainstem/projection/adapter';
import type { ContractCase } from '../contract-suite.js';
import { briefly, ODD_TEXTS } from './odd-texts.js';
import { aBatch, anOrder, aParkedEvent, at, loadOne, openFirst, POSITION_MAX, type DefineCase } from './contract-fixture.js';

/** Compares with readable messages. */
const assertSame = (actual: readonly ParkedEvent[], expected: readonly ParkedEvent[]): void => {
  const briefed = (events: readonly ParkedEvent[]): unknown => events.map(({ key, error, ...event }) => [briefly(key), briefly(error), event]);
  assert.deepEqual(briefed(actual), briefed(expected));
  assert.ok(
    actual.every(({ key, error }, index) => key === expected[index]?.key && error === expected[index]?.error),
    'keys and errors are unchanged to the last character',
  );
};

export const parkedCases = (define: DefineCase): readonly ContractCase[] => [
  define('parks events with the batch and gives them back in order of position, unchanged', async (context) => {
    const session = await openFirst(context);
    const parked = [aParkedEvent('é 🎉', at(2), 'PROJECTION_FAILED: “why”'), aParkedEvent('__proto__', at(9)), aParkedEvent('é 🎉', POSITION_MAX)];
    await session.commit({ ...aBatch(undefined, at(9), [anOrder('contract-1')]), park: [...parked].reverse() });
    assert.deepEqual(await session.parked({ limit: 10 }), parked);
    assert.deepEqual(await context.store.parked(context.projection.name, 10), parked);
    assert.deepEqual(await (await openFirst(context)).parked({ limit: 10 }), parked);
  }),

  define('pages through the parked events of one key', async (context) => {
    const session = await openFirst(context);
    const mine = [3, 10, 20, 101].map((place) => aParkedEvent('mine', at(place)));
    await session.commit({ ...aBatch(undefined, at(200)), park: [...mine, aParkedEvent('other', at(11))] });
    assert.deepEqual(await session.parked({ key: 'mine', limit: 2 }), mine.slice(0, 2));
    assert.deepEqual(await session.parked({ key: 'mine', after: at(10), limit: 2 }), mine.slice(2));
    assert.deepEqual(await session.parked({ key: 'mine', after: at(101), limit: 2 }), []);
    assert.deepEqual(await session.parked({ key: 'nobody', limit: 2 }), []);
    assert.equal((await context.store.parked(context.projection.name, 3)).length, 3);
  }),

  define('accepts any key and any error text, returns both unchanged, and finds, counts and settles each event by its key', async (context) => {
    const session = await openFirst(context);
    const parked = ODD_TEXTS.map((text, index) => aParkedEvent(text, at(index + 1), text.slice(0, 2_000)));
    const [last] = parked.slice(-1) as [ParkedEvent];
    await session.commit({ ...aBatch(undefined, at(99)), park: [...parked, { ...last, position: at(90) }] });
    assertSame(await session.parked({ limit: 100 }), [...parked, { ...last, position: at(90) }]);
    assertSame(await context.store.parked(context.projection.name, 100), [...parked, { ...last, position: at(90) }]);
    const again = await openFirst(context);
    const counts = await again.parkedKeys();
    assert.equal(counts.size, ODD_TEXTS.length);
    for (const text of ODD_TEXTS) assert.equal(counts.get(text), text === last.key ? 2 : 1, `the count of ${briefly(text)}`);
    for (const event of parked.slice(0, -1)) assertSame(await again.parked({ key: event.key, limit: 2 }), [event]);
    await again.commit({ ...aBatch(at(99), at(99)), park: [{ ...last, error: 'again' }], unpark: parked.slice(0, -1) });
    assertSame(await again.parked({ limit: 100 }), [
      { ...last, error: 'again' },
      { ...last, position: at(90) },
    ]);
  }),

  define('counts parked events by key', async (context) => {
    const session = await openFirst(context);
    assert.equal((await session.parkedKeys()).size, 0);
    await session.commit({ ...aBatch(undefined, at(9)), park: [aParkedEvent('a', at(1)), aParkedEvent('b', at(1)), aParkedEvent('a', at(2))] });
    assert.deepEqual(
      new Map(await session.parkedKeys()),
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    );
  }),

  define('replaces the error of an event that is already parked', async (context) => {
    const session = await openFirst(context);
    await session.commit({ ...aBatch(undefined, at(9)), park: [aParkedEvent('a', at(1), 'first'), aParkedEvent('a', at(2))] });
    await session.commit({ ...aBatch(at(9), at(9)), park: [aParkedEvent('a', at(1), 'second')] });
    assert.deepEqual(
      (await session.parked({ limit: 10 })).map(({ position, error }) => [position, error]),
      [
        [at(1), 'second'],
        [at(2), ''],
      ],
    );
  }),

  define('settles parked events and writes their effect in one commit, without moving the checkpoint', async (context) => {
    const session = await openFirst(context);
    await session.commit({ ...aBatch(undefined, at(9)), park: [aParkedEvent('a', at(1)), aParkedEvent('a', at(2)), aParkedEvent('b', at(2))] });
    await session.commit({ ...aBatch(at(9), at(9), [anOrder('contract-1')]), unpark: [{ key: 'a', position: at(2) }] });
    assert.deepEqual(await loadOne(session, 'contract-1'), anOrder('contract-1'));
    assert.deepEqual(
      (await session.parked({ limit: 10 })).map(({ key, position }) => [key, position]),
      [
        ['a', at(1)],
        ['b', at(2)],
      ],
    );
    assert.equal((await openFirst(context)).checkpoint.position, at(9));
  }),

  define('parks an event again in the commit that settles it', async (context) => {
    const session = await openFirst(context);
    await session.commit({ ...aBatch(undefined, at(9)), park: [aParkedEvent('a', at(1), 'first'), aParkedEvent('a', at(2), 'second')] });
    const again = aParkedEvent('a', at(1), 'again');
    await session.commit({ ...aBatch(at(9), at(9)), unpark: [again, { key: 'a', position: at(2) }], park: [again] });
    assert.deepEqual(await session.parked({ limit: 10 }), [again]);
    assert.deepEqual(await context.store.parked(context.projection.name, 10), [again]);
    assert.deepEqual([...(await (await openFirst(context)).parkedKeys())], [['a', 1]]);
  }),

  define('moves an event from one key to another in one commit', async (context) => {
    const session = await openFirst(context);
    await session.commit({ ...aBatch(undefined, at(9)), park: [aParkedEvent('$stream/contract-1', at(3))] });
    await session.commit({
      ...aBatch(at(9), at(9)),
      unpark: [{ key: '$stream/contract-1', position: at(3) }],
      park: [aParkedEvent('contract-1', at(3))],
    });
    assert.deepEqual([...(await session.parkedKeys())], [['contract-1', 1]]);
  }),

  define('keeps parked events of generations apart, and lists those of the serving one', async (context) => {
    const { store, projection } = context;
    const first = await openFirst(context);
    await first.commit({ ...aBatch(undefined, at(9)), park: [aParkedEvent('old', at(1))] });
    const { number } = await store.createGeneration(projection, first.checkpoint.incarnation);
    const second = await store.open(projection, number);
    assert.equal((await second.parkedKeys()).size, 0);
    await second.commit({ ...aBatch(undefined, at(9)), park: [aParkedEvent('new', at(2))] });
    assert.deepEqual(
      (await store.parked(projection.name, 10)).map(({ key }) => key),
      ['old'],
    );
    await store.promote(projection.name, number);
    assert.deepEqual(
      (await store.parked(projection.name, 10)).map(({ key }) => key),
      ['new'],
    );
  }),
];
