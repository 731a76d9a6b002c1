// One random history on a read store, and what a replay after the fix must leave there.
import { partitioned, type ReadStore } from '@mainstem/projection';
import { verifyProjection } from '@mainstem/projection/operate';
import { expect } from 'vitest';
import { seededRandom } from '../faults/seeded-random.js';
import { CAUSES, documentsIn, lengthsOf, live, Mendable, type MendableParts } from './replay-histories.fixtures.js';

/** Documents and roll-ups equal those of a run that never failed. The store must be empty. */
export const expectDocuments = async <Transaction>(store: ReadStore, parts: MendableParts<Transaction>, seed: number): Promise<void> => {
  const mendable = new Mendable(parts);
  const notes = await live(mendable, { projection: mendable.document, store }, seededRandom(seed), CAUSES);
  expect(await store.parked('lists', 10)).toEqual([]);
  const lists = notes.lists();
  expect(await documentsIn(store, 'lists', 'lists')).toEqual(Object.fromEntries(lists));
  expect(await documentsIn(store, 'lists', 'lengths')).toEqual(lengthsOf(lists.values()));
  expect(await verifyProjection({ reader: notes.store, hosted: { projection: mendable.document, store } })).toMatchObject({ isSame: true });
};

/** A handler's effects equal those of a run without failures, or the replay names events out of order. Empty store. */
export const expectHandled = async <Transaction>(store: ReadStore, parts: MendableParts<Transaction>, seed: number): Promise<void> => {
  const mendable = new Mendable(parts);
  const causes = CAUSES.filter((cause) => cause !== 'roll-up');
  const notes = await live(mendable, { projection: mendable.handler, store }, seededRandom(seed), causes);
  const parked = await store.parked('handled', 1_000);
  // The first of every list has the cause; those behind it need not.
  const reasons = [...new Map(parked.toReversed().map(({ key, error }) => [key, error])).values()];
  for (const reason of reasons) expect(reason).toMatch(/^PROJECTION_REPLAY_REFUSED: .*was applied before it/);
  const left = new Set(parked.map(({ position }) => Number(position)));
  const handled = notes.lists(({ to, place }) => (left.has(place) ? [] : [to[0] ?? 'none']));
  expect(await documentsIn(store, 'handled', 'handled')).toEqual(Object.fromEntries(handled));
};

/** Like `expectDocuments`, for a partitioned projection; such projections have no roll-ups. */
export const expectParts = async <Transaction>(store: ReadStore, parts: MendableParts<Transaction>, seed: number): Promise<void> => {
  const mendable = new Mendable(parts);
  const { collections, ...whole } = mendable.document;
  const lists = collections.filter(({ name }) => name === 'lists');
  const projection = partitioned({ ...whole, rollUps: [], collections: lists }, 3);
  // If an upcaster has moved a document to another part, the replay is refused: a rebuild is needed.
  const causes = CAUSES.filter((cause) => cause !== 'roll-up' && cause !== 'helper');
  const notes = await live(mendable, { projection, store }, seededRandom(seed), causes);
  expect(await store.parked('lists', 10)).toEqual([]);
  expect(await documentsIn(store, 'lists', 'lists')).toEqual(Object.fromEntries(notes.lists()));
  expect(await verifyProjection({ reader: notes.store, hosted: { projection, store } })).toMatchObject({ isSame: true });
};
