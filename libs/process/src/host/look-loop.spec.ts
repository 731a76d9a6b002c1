// Promises of the loop behind deadlines, effects and the count of stuck instances.
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LookLoop } from './look-loop.js';

const EVERY_MS = 70;

class Looking extends LookLoop {
  constructor(
    private readonly onLook: () => Promise<void>,
    sleep: Runtime['sleep'],
  ) {
    super(EVERY_MS, { ...systemRuntime, sleep });
  }

  get isStopped(): boolean {
    return this.stopped.aborted;
  }

  troubles(): readonly string[] {
    return this.lookTroubles('it cannot look');
  }

  lookAgain(): void {
    this.wake();
  }

  protected lookOnce(): Promise<void> {
    return this.onLook();
  }
}

/** A loop that rests until it is woken, or until the test ends the rest. */
const loopOf = (look: () => Promise<void>) => {
  const rests: number[] = [];
  let endRest = (): void => undefined;
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      rests.push(ms);
      endRest = resolve;
      if (signal?.aborted) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  const loop = new Looking(look, sleep);
  return { loop, rests, endRest: () => endRest() };
};

describe('LookLoop', () => {
  it('looks once at a time, however often it is started, and rests between two looks', async () => {
    let looks = 0;
    const { loop, rests, endRest } = loopOf(async () => void looks++);
    loop.start();
    loop.start();
    await turn();
    expect([looks, rests]).toEqual([1, [EVERY_MS]]);
    endRest();
    await turn();
    expect([looks, rests]).toEqual([2, [EVERY_MS, EVERY_MS]]);
    await loop.stop();
    expect(looks).toBe(2);
  });

  it('looks again at once when it is woken, also in the middle of a look', async () => {
    let looks = 0;
    const { loop } = loopOf(async () => void (++looks === 2 && loop.lookAgain()));
    loop.start();
    await turn();
    expect(looks).toBe(1);
    loop.lookAgain();
    await turn();
    expect(looks).toBe(3);
    await loop.stop();
  });

  it('stops after the look that is under way, without another rest', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { loop, rests } = loopOf(() => promise);
    loop.start();
    let isStopped = false;
    const stopping = loop.stop().then(() => (isStopped = true));
    await turn();
    expect([isStopped, loop.isStopped]).toEqual([false, true]);
    resolve();
    await stopping;
    expect(rests).toEqual([]);
  });

  it('goes on after a look that fails, and tells its code until one succeeds', async () => {
    let failure: Error | undefined = Object.assign(new Error('away'), { code: 'STORE_AWAY' });
    const { loop, endRest } = loopOf(async () => {
      if (failure) throw failure;
    });
    loop.start();
    await turn();
    expect(loop.troubles()).toEqual(['it cannot look: STORE_AWAY']);
    await expect(loop.look()).rejects.toThrow('away');
    failure = undefined;
    await loop.look();
    expect(loop.troubles()).toEqual([]);
    failure = new TypeError('another');
    endRest();
    await turn();
    expect(loop.troubles()).toEqual(['it cannot look: TypeError']);
    await loop.stop();
  });
});
