// Checks that a read store can hold a projection, before anything is opened.
import { InvalidProjection } from './errors.js';
import { assertStoreSplits } from './partitioned.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { AnyProjection } from './hosted-projection.js';

/** The properties that are checked. */
type HostingStore = Pick<ReadStore, 'name' | 'hasTransactions' | 'hasPartitions' | 'expiryOf'>;

/**
 * Errors: PROJECTION_INVALID_DEFINITION for a handler projection on a store without transactions, and for roll-ups of
 * documents that expire; PROJECTION_NOT_PARTITIONABLE for a partitioned one on a store without partitions.
 */
export const assertStoreHosts = (projection: AnyProjection, store: HostingStore): void => {
  if (projection.kind === 'handler' && !store.hasTransactions) {
    throw new InvalidProjection(projection.name, `a handler projection needs a read store with transactions, which ${store.name} does not have`);
  }
  if (projection.kind === 'document' && projection.rollUps.length > 0) assertNothingExpires(projection, store);
  assertStoreSplits(projection, store);
};

/** A roll-up counts documents by their events; it would not notice that one expires without an event. */
const assertNothingExpires = ({ name, collections }: AnyProjection, store: HostingStore): void => {
  const expiring = collections.find((collection) => store.expiryOf?.(collection.name));
  if (!expiring) return;
  throw new InvalidProjection(
    name,
    `read store ${store.name} lets documents of ${expiring.name} expire, which its roll-ups would go on counting; declare no expiresAt, or put the roll-ups into a projection of their own`,
  );
};
