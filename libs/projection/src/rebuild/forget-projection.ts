// Removes what projections that the application no longer has have left in a read store.
import { MEMBERS_FROM } from '../read-store/lease.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { Hosted } from '../definition/hosted-projection.js';
import { StillDeclared, StillRuns } from './errors.js';

/** The leftovers of one projection in one read store. */
export interface LeftBehind {
  readonly projection: string;
  readonly store: ReadStore;
}

/** The leftovers of undeclared projections in these stores, by store, then name. Errors: READ_STORE_UNAVAILABLE. */
export const leftBehind = async (declared: readonly Hosted[], stores: readonly ReadStore[]): Promise<readonly LeftBehind[]> => {
  const found = stores.map(async (store) => (await store.projections()).toSorted().map((projection) => ({ projection, store })));
  return (await Promise.all(found)).flat().filter((one) => !isDeclared(declared, one));
};

/**
 * Deletes it for good; after an interruption, call it again. `declared`: all projections of the application. A declared
 * reaction begins anew after that. Errors: FORGET_STILL_DECLARED, FORGET_STILL_RUNS while an instance holds a lease of
 * it, and those of `ReadStore.forget`.
 */
export const forgetProjection = async (declared: readonly Hosted[], one: LeftBehind): Promise<void> => {
  const { projection, store } = one;
  if (isDeclared(declared.filter(isFilledAnew), one)) throw new StillDeclared(projection, store.name);
  const [lease] = (await store.leases(projection)).toSorted(
    (left, right) => Number(left.partition >= MEMBERS_FROM) - Number(right.partition >= MEMBERS_FROM),
  );
  if (lease) throw new StillRuns(projection, store.name, lease.owner);
  await store.forget(projection);
};

/** By `rebuild`. A reaction has nothing that could be. */
const isFilledAnew = ({ projection }: Hosted): boolean => projection.kind !== 'reaction';

const isDeclared = (declared: readonly Hosted[], { projection, store }: LeftBehind): boolean =>
  declared.some((hosted) => hosted.store === store && hosted.projection.name === projection);
