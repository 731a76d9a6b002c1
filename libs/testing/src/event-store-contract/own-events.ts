// The store's own events: a server's projections and statistics write into the log, too, between and after others.
import assert from 'node:assert/strict';
import type { EventFilter, EventStore, Position, RecordedEvent } from '@mainstem/event-store';
import { assertRising, eventsOf, fill, follow, idsOf, inTime, order, positionsOf, readAll } from './fixture.js';

const MANY = 200;
const FILTERS: readonly EventFilter[] = [{}, { types: ['Never'] }, { types: ['Opened'] }, { streamPrefixes: ['credit-'] }];

interface OwnEventsCase {
  readonly name: string;
  readonly run: (store: EventStore, addOwnEvents: (count: number) => Promise<void>) => Promise<void>;
}

const define = (name: string, run: OwnEventsCase['run']): OwnEventsCase => ({ name, run });

const catchUp = (store: EventStore, after: Position | undefined, filter: EventFilter = {}, batchSizeMax = 1_000) =>
  follow(store, { after, filter, batchSizeMax }, (_, batch) => batch.isCaughtUp);

const endOf = async (store: EventStore, last: RecordedEvent | undefined): Promise<Position> => {
  const head = await store.head();
  assert.ok(head !== undefined && last !== undefined && head > last.position);
  return head;
};

export const ownEventsCases: readonly OwnEventsCase[] = [
  define('are no events of the application: no read returns them, and the end lies behind them', async (store, addOwnEvents) => {
    const all = await fill(store, 10);
    await addOwnEvents(MANY);
    const head = await endOf(store, all.at(-1));
    assert.deepEqual(positionsOf(await readAll(store)), positionsOf(all));
    assert.deepEqual(positionsOf(await readAll(store, { direction: 'backwards' })), positionsOf(all).toReversed());
    assert.deepEqual(await readAll(store, { after: all.at(-1)?.position }), []);
    for (let position = all.at(-1)?.position ?? 0n; ++position <= head;) assert.equal(await store.idAt(position as Position), undefined);
  }),
  define('are passed by every subscription, whatever it wants, and none passes the end', async (store, addOwnEvents) => {
    const all = await fill(store, 10);
    await addOwnEvents(MANY);
    const head = await endOf(store, all.at(-1));
    for (const filter of FILTERS) {
      const { events, batches } = await catchUp(store, undefined, filter);
      assert.deepEqual(idsOf(events), idsOf(await readAll(store, { filter })));
      assert.equal(batches.at(-1)?.position, head);
      for (const { lastEvent } of batches) if (lastEvent) assert.equal(await store.idAt(lastEvent.position), lastEvent.id);
    }
  }),
  define('are also passed live, and events appended behind them are delivered once', async (store, addOwnEvents) => {
    await fill(store, 5);
    for (const filter of FILTERS) {
      const ending = new AbortController();
      const seen: RecordedEvent[] = [];
      const reached: Position[] = [];
      const batches = store.subscribe({ after: await store.head(), filter, signal: ending.signal })[Symbol.asyncIterator]();
      const until = async (position: Position): Promise<void> => {
        while ((reached.at(-1) ?? -1n) < position) {
          const { value } = await inTime(batches.next(), 'the next batch');
          assert.ok(value, 'the subscription has ended');
          seen.push(...value.events);
          if (value.position !== undefined) reached.push(value.position);
        }
        assert.ok((reached.at(-1) ?? 0n) <= ((await store.head()) ?? 0n));
      };
      const wanted: string[] = [];
      for (let round = 0; round < 3; round++) {
        await addOwnEvents(40);
        await until((await store.head()) ?? (0n as Position));
        const name = `${JSON.stringify(filter)}-${round}`;
        const { position } = await store.append(order(name), eventsOf(name, 1, 'Opened'), { expectedRevision: 'no-stream' });
        if (!filter.types?.includes('Never') && !filter.streamPrefixes) wanted.push(...idsOf(eventsOf(name, 1, 'Opened')));
        await until(position);
      }
      assert.deepEqual(idsOf(seen), wanted);
      ending.abort();
      await inTime(batches.next(), 'the end');
    }
  }),
  define('cause no hole and no repetition between other events, wherever a reader begins', async (store, addOwnEvents) => {
    for (let index = 0; index < 8; index++) {
      await store.append(order(index % 3), eventsOf(`c${index}`, 2), { expectedRevision: 'any' });
      await addOwnEvents(1 + index * 7);
    }
    const all = await readAll(store);
    assertRising(positionsOf(all));
    for (const [index, after] of [undefined, ...positionsOf(all)].entries()) {
      const rest = idsOf(all.slice(index));
      const position = after as Position | undefined;
      assert.deepEqual(idsOf(await readAll(store, { after: position, batchSizeMax: 3 })), rest);
      for (const batchSizeMax of [1, 1_000]) assert.deepEqual(idsOf((await catchUp(store, position, {}, batchSizeMax)).events), rest);
    }
    const end = await store.head();
    assert.deepEqual((await catchUp(store, end)).events, []);
  }),
  define('change nothing for appends: a retry behind them gets the first answer', async (store, addOwnEvents) => {
    const append = () => store.append(order(1), eventsOf('a', 3), { expectedRevision: 'no-stream' });
    const first = await append();
    await addOwnEvents(MANY);
    assert.deepEqual(await append(), first);
    const second = await store.append(order(1), eventsOf('b'), { expectedRevision: 'any' });
    assert.equal(second.revision, 3n);
    assert.ok(second.position > first.position && second.position <= ((await store.head()) ?? 0n));
  }),
];
