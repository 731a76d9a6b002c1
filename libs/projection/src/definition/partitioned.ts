// Declares that a projection is partitioned: several instances can run its parts at the same time.
import { fingerprintOf } from '@mainstem/event-store';
import type { DocumentProjection } from './document-projection.js';
import type { AnyProjection } from './hosted-projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import { InvalidPartitions, NotPartitionable } from './errors.js';

export const PARTITIONS_MAX = 64;

/** Errors: PROJECTION_NOT_PARTITIONABLE for a partitioned projection on a store without partitions. */
export const assertStoreSplits = ({ name, partitions = 1 }: AnyProjection, store: Pick<ReadStore, 'name' | 'hasPartitions'>): void => {
  if (partitions > 1 && !store.hasPartitions) throw new NotPartitionable(name, `read store ${store.name} keeps one checkpoint for it`);
};

/**
 * The same projection in `count` parts, from 1 (not partitioned) to 64. The part of a document's key folds the event
 * into the document (`partitionOf`). The number is part of the definition: another number has another fingerprint and
 * fills a new generation; documents never move from one part to another. Errors: PROJECTION_INVALID_PARTITIONS, and
 * PROJECTION_NOT_PARTITIONABLE for more than one part of two kinds. A handler projection does not name the rows of an
 * event, and in roll-ups the documents of all parts count in one group.
 */
export const partitioned = <Projection extends AnyProjection>(projection: Projection, count: number): Projection => {
  if (!Number.isSafeInteger(count) || count < 1 || count > PARTITIONS_MAX) throw new InvalidPartitions(projection.name, count, PARTITIONS_MAX);
  if (count === 1) return projection;
  const { name } = projection;
  if (projection.kind === 'handler') throw new NotPartitionable(name, 'it is a handler projection, and nothing says which rows an event touches');
  if (projection.rollUps.length > 0) {
    const names = projection.rollUps.map((rollUp) => rollUp.name).join(', ');
    throw new NotPartitionable(name, `documents of all parts count in its roll-ups (${names}), which one writer must keep`);
  }
  const fingerprint = fingerprintOf(projection.fingerprint, 'partitions', count);
  return { ...projection, partitions: count, fingerprint } satisfies DocumentProjection as Projection;
};
