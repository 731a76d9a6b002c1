// One task at a time, in order, and no task waits for ever.
import { systemRuntime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { FifoLock } from './fifo-lock.js';

describe('fifo lock', () => {
  it('runs work one at a time in the order of the calls', async () => {
    const lock = new FifoLock('sql', systemRuntime, 1_000);
    const steps: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      steps.push(`${name} begins`);
      await Promise.resolve();
      steps.push(`${name} ends`);
    };
    await Promise.all([lock.run(work('a')), lock.run(work('b')), lock.run(work('c'))]);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('runs as many tasks at a time as it has places', async () => {
    const lock = new FifoLock('sql', systemRuntime, 1_000, 2);
    const releases = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const begun: number[] = [];
    const running = releases.map(({ promise }, place) => lock.run(() => (begun.push(place), promise)));
    expect(begun).toEqual([0, 1]);
    releases[1]?.resolve();
    await running[1];
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    for (const { resolve } of releases) resolve();
    await Promise.all(running);
  });

  it('goes on after work that fails', async () => {
    const lock = new FifoLock('sql', systemRuntime, 1_000);
    const failed = lock.run(() => Promise.reject(new Error('broken')));
    const next = lock.run(() => Promise.resolve('next'));
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('next');
  });

  it('gives up waiting after its time and leaves the queue in order', async () => {
    const lock = new FifoLock('sql', systemRuntime, 20);
    const release = Promise.withResolvers<void>();
    const holding = lock.run(() => release.promise);
    await expect(lock.run(() => Promise.resolve())).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
    const waiting = lock.run(() => Promise.resolve('turn'));
    release.resolve();
    await holding;
    expect(await waiting).toBe('turn');
  });
});
