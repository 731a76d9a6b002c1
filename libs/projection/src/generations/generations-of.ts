// The generations of one projection: the serving one, the filling one, and whether they are of this event store.
import type { Incarnation } from '@mainstem/event-store';
import type { Generation } from '../read-store/checkpoint.js';
import { ForeignEventStore } from './errors.js';

/** The one that queries see; undefined if there is none. */
export const servingOf = (generations: readonly Generation[]): Generation | undefined => generations.find(({ state }) => state === 'serving');

/** The newest of those that are being filled or were abandoned. */
export const newestFillingOf = (generations: readonly Generation[]): Generation | undefined =>
  generations.findLast(({ state }) => state === 'filling');

export const generationOf = (generations: readonly Generation[], number: number): Generation | undefined =>
  generations.find((generation) => generation.number === number);

/** One that another event store filled: its positions mean nothing in this one. */
export const foreignOf = (generations: readonly Generation[], incarnation: Incarnation): Generation | undefined =>
  generations.find(({ checkpoint }) => checkpoint.incarnation !== incarnation);

/** Errors: PROJECTION_FOREIGN_EVENT_STORE. */
export const assertOfEventStore = (projection: string, generations: readonly Generation[], incarnation: Incarnation): void => {
  const foreign = foreignOf(generations, incarnation);
  if (foreign) throw new ForeignEventStore(projection, foreign.checkpoint.incarnation, incarnation);
};
