// Declares that a projection is split into parts, which several instances can run at the same time.
import type { DocumentProjection } from './document-projection.js';
import { fingerprintOf } from './fingerprint.js';
import type { AnyProjection } from './hosted-projection.js';
import type { ReadStore } from '../read-store/read-store.js';
import { InvalidPartitions, NotPartitionable } from './errors.js';

export const PARTITIONS_MAX = 64;

/** Errors: PROJECTION_NOT_PARTITIONABLE for a projection that is split on a store that cannot keep several checkpoints for it. */
export const assertStoreSplits = ({ name, partitions = 1 }: AnyProjection, store: Pick<ReadStore, 'name' | 'hasPartitions'>): void => {
  if (partitions > 1 && !store.hasPartitions) throw new NotPartitionable(name, `read store ${store.name} keeps one checkpoint for it`);
};

/**
 * The same projection in `count` parts, from 1 (not split) to 64. An event is folded into each of its documents by the part that the document's key
 * falls to (`partitionOf`). The number is part of the definition: another one has another fingerprint, so that it fills a generation of its own like
 * any changed definition, and the documents are never moved from one part to another.
 * Errors: PROJECTION_NOT_PARTITIONABLE for more than one part of a handler projection (nothing says which rows an event touches) and of one with
 * roll-ups (documents of all parts count in one group); PROJECTION_INVALID_PARTITIONS.
 */
export const partitioned = <Projection extends AnyProjection>(projection: Projection, count: number): Projection => {
  if (!Number.isSafeInteger(count) || count < 1 || count > PARTITIONS_MAX) throw new InvalidPartitions(projection.name, count, PARTITIONS_MAX);
  if (count === 1) return projection;
  const { name } = projection;
  if (projection.kind === 'handler') throw new NotPartitionable(name, 'it is a handler projection, and nothing says which rows an event touches');
  if (projection.rollUps.length > 0) {
    const names = projection.rollUps.map((rollUp) => rollUp.name).join(', ');
    throw new NotPartitionable(name, `documents of all parts count in its roll-ups (${names}), which one writer has to keep`);
  }
  const fingerprint = fingerprintOf(projection.fingerprint, 'partitions', count);
  return { ...projection, partitions: count, fingerprint } satisfies DocumentProjection as Projection;
};
