// Removes what projections have left in a read store that the application does not have any more.
import { SEATS_FROM } from '../read-store/lease.js';
import type { ReadStore } from '../read-store/read-store.js';
import type { HostedProjection } from '../definition/hosted-projection.js';
import { StillDeclared, StillRuns } from './errors.js';

/** What one projection has left in one read store. */
export interface LeftBehind {
  readonly projection: string;
  readonly store: ReadStore;
}

/** Everything that is in these stores of projections that are not declared for them, by store, then name. Errors: READ_STORE_UNAVAILABLE. */
export const leftBehind = async (declared: readonly HostedProjection[], stores: readonly ReadStore[]): Promise<readonly LeftBehind[]> => {
  const found = stores.map(async (store) => (await store.projections()).toSorted().map((projection) => ({ projection, store })));
  return (await Promise.all(found)).flat().filter((one) => !isDeclared(declared, one));
};

/**
 * Deletes it for good; called again, it goes on where an interrupted one has ended. `declared`: all projections of the application.
 * Errors: FORGET_STILL_DECLARED, FORGET_STILL_RUNS while an instance holds a lease of it, and as `ReadStore.forget`.
 */
export const forgetProjection = async (declared: readonly HostedProjection[], one: LeftBehind): Promise<void> => {
  const { projection, store } = one;
  if (isDeclared(declared, one)) throw new StillDeclared(projection, store.name);
  const [lease] = (await store.leases(projection)).toSorted(
    (left, right) => Number(left.partition >= SEATS_FROM) - Number(right.partition >= SEATS_FROM),
  );
  if (lease) throw new StillRuns(projection, store.name, lease.owner);
  await store.forget(projection);
};

const isDeclared = (declared: readonly HostedProjection[], { projection, store }: LeftBehind): boolean =>
  declared.some((hosted) => hosted.store === store && hosted.projection.name === projection);
