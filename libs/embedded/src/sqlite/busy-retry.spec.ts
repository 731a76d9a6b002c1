// Promises of waiting for a lock, on a clock of the test.
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { retryWhileBusy } from './busy-retry.js';

const file = { owner: { codePrefix: 'EVENT_STORE', name: 'event store' }, path: 'events.db' } as const;
const busy = (): Error => Object.assign(new Error('database is locked'), { errcode: 5 });

const simulated = (): { readonly runtime: Runtime; readonly sleeps: number[] } => {
  const sleeps: number[] = [];
  let now = 0;
  const sleep = (ms: number): Promise<void> => {
    sleeps.push(ms);
    now += ms;
    return Promise.resolve();
  };
  return { runtime: { ...systemRuntime, monotonic: () => now, random: () => 0.5, sleep }, sleeps };
};

const failing = (times: number) => {
  let calls = 0;
  return () => {
    if (calls++ < times) throw busy();
    return calls;
  };
};

describe('retryWhileBusy', () => {
  it('answers at once if the lock is free', async () => {
    const { runtime, sleeps } = simulated();
    await expect(retryWhileBusy(() => 'done', { file, runtime })).resolves.toBe('done');
    expect(sleeps).toEqual([]);
  });

  it('tries again until the lock is free, ever more slowly, up to a bound', async () => {
    const { runtime, sleeps } = simulated();
    await expect(retryWhileBusy(failing(7), { file, runtime })).resolves.toBe(8);
    expect(sleeps).toEqual([0.5, 1, 2, 4, 8, 8, 8]);
  });

  it('gives up with a typed error after its time', async () => {
    const { runtime, sleeps } = simulated();
    await expect(retryWhileBusy(failing(Infinity), { file, runtime, busyTimeoutMs: 100 })).rejects.toMatchObject({ code: 'EVENT_STORE_BUSY' });
    expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(120);
  });

  it('does not repeat an attempt that failed for another reason', async () => {
    let calls = 0;
    const attempt = (): never => {
      calls++;
      throw new TypeError('broken');
    };
    await expect(retryWhileBusy(attempt, { file, runtime: simulated().runtime })).rejects.toThrow(TypeError);
    expect(calls).toBe(1);
  });
});
