// For processes that query a read store but do not run its projections: wait until it reflects a position.
import { OperationAborted, systemRuntime, type Position, type Runtime } from '@mainstem/event-store';
import { ProjectionBehind } from './errors.js';
import type { ReadStore } from '../read-store/read-store.js';

const POLL_MS = 5;

export interface WaitForPositionOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly runtime?: Runtime;
}

/**
 * Resolves with the position that the serving generations of all these projections (at least one) have reached, once it is not before `position`
 * and queries see it.
 * Looks every 5 ms; all that wait for the same projections of a store at a time share one look, so that any number of them keeps one connection
 * busy at most, and the projector, if it shares the store's connections, is not held up by those who wait for it.
 * Errors: PROJECTION_BEHIND after the timeout, naming the projection that is furthest behind, EVENT_STORE_ABORTED, and those of the read store.
 */
export const waitForPosition = async (
  store: ReadStore,
  projections: readonly string[],
  position: Position,
  { timeoutMs, signal, runtime = systemRuntime }: WaitForPositionOptions,
): Promise<Position> => {
  const startMs = runtime.monotonic();
  for (;;) {
    const slowest = await sharedLook(store, projections);
    if (slowest.position !== undefined && slowest.position >= position) {
      await store.makeVisible?.(projections);
      return slowest.position;
    }
    if (signal?.aborted) throw new OperationAborted('waitForPosition', signal.reason);
    const elapsedMs = runtime.monotonic() - startMs;
    if (elapsedMs >= timeoutMs) throw new ProjectionBehind(slowest.projection, position, slowest.position, Math.round(elapsedMs));
    await runtime.sleep(Math.min(POLL_MS, timeoutMs - elapsedMs), signal);
  }
};

interface Reached {
  readonly projection: string;
  readonly position: Position | undefined;
}

/** By store and projections: the look that is under way. Checkpoints go forward, so what was reached when it began is reached. */
const looks = new WeakMap<ReadStore, Map<string, Promise<Reached>>>();

const sharedLook = (store: ReadStore, projections: readonly string[]): Promise<Reached> => {
  const ofStore = looks.get(store) ?? new Map<string, Promise<Reached>>();
  looks.set(store, ofStore);
  const key = JSON.stringify(projections);
  const underWay = ofStore.get(key);
  if (underWay) return underWay;
  const look = slowestOf(store, projections).finally(() => ofStore.delete(key));
  ofStore.set(key, look);
  return look;
};

/** A projection without a serving generation has reached nothing. */
const slowestOf = async (store: ReadStore, projections: readonly string[]): Promise<Reached> => {
  const generations = await store.generations(projections.length === 1 ? projections[0] : undefined);
  const reached = projections.map((projection): Reached => {
    const serving = generations.find((generation) => generation.projection === projection && generation.state === 'serving');
    return { projection, position: serving?.checkpoint.position };
  });
  return reached.reduce((slowest, one) =>
    slowest.position === undefined || (one.position !== undefined && one.position >= slowest.position) ? slowest : one,
  );
};
