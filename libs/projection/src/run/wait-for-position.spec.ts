// Waiting readers share one look, and their number is limited.
import { position, systemRuntime, type Position, type Runtime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { ReadStore } from '../read-store/read-store.js';
import { waitForPosition } from './wait-for-position.js';

/** A read store with one projection at the test's position; looks are counted, and end when the test says so. */
const storeAt = (start: number) => {
  const state = { position: position(String(start)), looks: 0, failure: undefined as Error | undefined };
  const generations = async (): Promise<readonly unknown[]> => {
    state.looks++;
    await Promise.resolve();
    if (state.failure) throw state.failure;
    return [{ projection: 'tally', state: 'serving', checkpoint: { position: state.position } }];
  };
  return { state, store: { generations } as unknown as ReadStore };
};

const at = (value: number): Position => position(String(value));
/** Sleeps until the test says so, so that nothing depends on the clock. */
const paused = () => {
  const sleepers = new Set<() => void>();
  let nowMs = 0;
  const runtime: Runtime = {
    ...systemRuntime,
    monotonic: () => nowMs,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        sleepers.add(resolve);
        if (signal?.aborted) resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const wake of sleepers) wake();
    sleepers.clear();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { runtime, pass };
};

describe('waitForPosition', () => {
  it('lets any number of readers wait with one look at a time, and answers all of them', async () => {
    const { state, store } = storeAt(1);
    const { runtime, pass } = paused();
    const waiting = Array.from({ length: 500 }, () => waitForPosition(store, ['tally'], at(2), { timeoutMs: 5_000, runtime }));
    await pass(5);
    const before = state.looks;
    await pass(5);
    expect(state.looks - before).toBe(1);
    state.position = at(3);
    await pass(5);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([3n]));
    const after = state.looks;
    await pass(5);
    expect(state.looks).toBe(after);
  });

  it('turns readers away beyond its limit, and accepts them again when others have been answered', async () => {
    const { state, store } = storeAt(1);
    const { runtime, pass } = paused();
    const waiting = Array.from({ length: 1_000 }, (_, index) =>
      waitForPosition(store, [index % 2 === 0 ? 'tally' : 'other'], at(2), { timeoutMs: 1_000, runtime }).catch((error: unknown) => error),
    );
    await expect(waitForPosition(store, ['tally'], at(2), { timeoutMs: 1_000, runtime })).rejects.toMatchObject({ code: 'PROJECTION_WAIT_REFUSED' });
    // Another store's readers are not concerned.
    const elsewhere = storeAt(2);
    await expect(waitForPosition(elsewhere.store, ['tally'], at(2), { timeoutMs: 1_000, runtime })).resolves.toBe(2n);
    state.position = at(2);
    await pass(2_000);
    await pass(2_000);
    await Promise.all(waiting);
    await expect(waitForPosition(store, ['tally'], at(2), { timeoutMs: 1_000, runtime })).resolves.toBe(2n);
  });

  it('ends each by its own signal or its own time, and leaves the others waiting', async () => {
    const { state, store } = storeAt(1);
    const { runtime, pass } = paused();
    const abort = new AbortController();
    const aborted = waitForPosition(store, ['tally'], at(2), { timeoutMs: 5_000, signal: abort.signal, runtime });
    const short = waitForPosition(store, ['tally'], at(2), { timeoutMs: 10, runtime });
    const long = waitForPosition(store, ['tally'], at(2), { timeoutMs: 5_000, runtime });
    const refusals = Promise.allSettled([aborted, short]);
    await pass(5);
    abort.abort();
    await pass(5);
    expect(await refusals).toMatchObject([
      { reason: { code: 'EVENT_STORE_ABORTED' } },
      { reason: { code: 'PROJECTION_BEHIND', projection: 'tally' } },
    ]);
    state.position = at(2);
    await pass(5);
    await expect(long).resolves.toBe(2n);
  });

  it('passes the failure of a look to its readers', async () => {
    const { state, store } = storeAt(1);
    const { runtime } = paused();
    state.failure = new Error('the store is away');
    await expect(waitForPosition(store, ['tally'], at(1), { timeoutMs: 5_000, runtime })).rejects.toThrow('the store is away');
    state.failure = undefined;
    await expect(waitForPosition(store, ['tally'], at(1), { timeoutMs: 5_000, runtime })).resolves.toBe(1n);
  });
});
