// Copies: events of another log are kept as they were, in its order.
import assert from 'node:assert/strict';
import { eventIdOf, streamName, type EventStore, type Revision } from '@mainstem/event-store';
import { isCopyTarget, type CopyTarget, type EventCopy } from '@mainstem/event-store/adapter';
import { define as defineCase, eventsOf, follow, order, readAll, readStream, refusedAppend, type EventStoreCase } from './fixture.js';

const define = (name: string, run: (store: CopyTarget) => Promise<void>): EventStoreCase =>
  defineCase(name, async (store: EventStore) => {
    assert.ok(isCopyTarget(store));
    await run(store);
  });

const RECORDED_AT = '2011-03-04T05:06:07.089Z';

const copyOf = (name: string, revision: number, dataJson = '{}', metadataJson = '{}'): EventCopy => ({
  ...{ stream: streamName(name), revision: BigInt(revision) as Revision, type: 'Noted', dataJson, metadataJson, recordedAt: RECORDED_AT },
  id: eventIdOf(`${name} ${revision}`, order('any'), 0),
});

/** Streams that come again, and one that is new in each. */
const interleaved = (count: number): readonly EventCopy[] => {
  const revisions = new Map<string, number>();
  return Array.from({ length: count }, (_, n) => {
    const name = n % 3 === 2 ? `single-${n}` : `again-${n % 4}`;
    const revision = revisions.get(name) ?? 0;
    revisions.set(name, revision + 1);
    return copyOf(name, revision, `{"n":${n}}`);
  });
};

const placesOf = (events: readonly { readonly id: string; readonly stream: string; readonly revision: bigint }[]) =>
  events.map(({ id, stream, revision }) => `${stream}@${revision} ${id}`);

/** As `mainstem copy` knows the end. */
const lastOf = async (store: EventStore) => {
  const [last] = await readAll(store, { direction: 'backwards', limit: 1 });
  return last && { position: last.position, id: last.id };
};

export const copiesCases: readonly EventStoreCase[] = [
  define('keep their order over all streams, batch after batch', async (store) => {
    const copies = interleaved(120);
    const first = await store.appendCopies(copies.slice(0, 70), { after: undefined });
    assert.deepEqual(first, await lastOf(store));
    const second = await store.appendCopies(copies.slice(70), { after: first });
    assert.deepEqual(second, await lastOf(store));
    assert.deepEqual(placesOf(await readAll(store)), placesOf(copies));
  }),
  define('keep payload text, metadata and time', async (store) => {
    const dataJson = '{"z":1,"a":12345678901234567890,"nul":"\\u0000","deep":[[0.10]]}';
    const metadata = { schemaVersion: 2, correlationId: 'c', causationId: 'p', extra: { nested: ['x', null] } };
    await store.appendCopies([copyOf('text-1', 0, dataJson, JSON.stringify(metadata)), copyOf('text-1', 1)], { after: undefined });
    const [event, other] = await readStream(store, streamName('text-1'));
    assert.equal((event as unknown as { dataText: string }).dataText, dataJson);
    assert.deepEqual(event?.metadata, metadata);
    assert.deepEqual([event.recordedAt, other?.recordedAt, other?.metadata], [RECORDED_AT, RECORDED_AT, {}]);
  }),
  define('are followed by appends, and wake subscriptions', async (store) => {
    const { events } = await follow(store, { after: undefined }, (seen, { isCaughtUp }) => {
      if (isCaughtUp && seen.length === 0) void store.appendCopies(interleaved(10), { after: undefined });
      return seen.length === 10;
    });
    await store.append(streamName('again-0'), eventsOf('next'), {
      expectedRevision: events.findLast(({ stream }) => stream === 'again-0')?.revision ?? 'any',
    });
    assert.equal((await readAll(store)).length, 11);
  }),
  define('are refused where the store ends with another event', async (store) => {
    const last = await store.appendCopies(interleaved(5), { after: undefined });
    const more = [copyOf('more-1', 0)];
    await refusedAppend(store, () => store.appendCopies(more, { after: undefined }), 'EVENT_STORE_COPY_OVERTAKEN');
    await store.append(order(1), eventsOf('other'), { expectedRevision: 'no-stream' });
    await refusedAppend(store, () => store.appendCopies(more, { after: last }), 'EVENT_STORE_COPY_OVERTAKEN');
  }),
  define('are refused where an event of the stream is missing', async (store) => {
    const last = await store.appendCopies([copyOf('gap-1', 0)], { after: undefined });
    await refusedAppend(store, () => store.appendCopies([copyOf('gap-1', 2)], { after: last }), 'EVENT_STORE_COPY_GAP');
    await refusedAppend(store, () => store.appendCopies([copyOf('gap-2', 1)], { after: last }), 'EVENT_STORE_COPY_GAP');
  }),
];
