import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes.js';

interface Held {
  readonly end: () => void;
  readonly task: () => Promise<void>;
}

/** Tasks that report when they start, and end when the test says so. */
const held = (name: string, started: string[]): Held => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const task = (): Promise<void> => {
    started.push(name);
    return promise;
  };
  return { end: resolve, task };
};

describe('Lanes', () => {
  it('starts a task at once if nothing runs, one at a time for a name, and is idle when all have ended', async () => {
    const lanes = new Lanes();
    const started: string[] = [];
    const [one, two, other] = [held('one', started), held('two', started), held('other', started)];
    const runs = [lanes.run('a', one.task, 'a test'), lanes.run('a', two.task, 'a test'), lanes.run('b', other.task, 'a test')];
    expect(started).toEqual(['one', 'other']);
    expect([lanes.countIn('a'), lanes.countIn('b'), lanes.countIn('c')]).toEqual([2, 1, 0]);
    let isIdle = false;
    const idle = lanes.idle().then(() => (isIdle = true));
    one.end();
    other.end();
    await turn();
    expect(started).toEqual(['one', 'other', 'two']);
    expect(isIdle).toBe(false);
    two.end();
    await Promise.all([...runs, idle]);
    expect(lanes.countIn('a')).toBe(0);
  });

  it('runs a task in several lanes when all are free, after what was given before it and before what comes later', async () => {
    const lanes = new Lanes();
    const started: string[] = [];
    const [first, both, other, late] = ['first', 'both', 'other', 'late'].map((name) => held(name, started)) as [Held, Held, Held, Held];
    const runs = [
      lanes.run('a', first.task, 'a test'),
      lanes.runInAll(['a', 'b'], both.task, 'a test'),
      lanes.runInAll(['b', 'a'], other.task, 'a test'),
      lanes.run('b', late.task, 'a test'),
    ];
    await turn();
    expect(started).toEqual(['first']);
    first.end();
    await turn();
    expect(started).toEqual(['first', 'both']);
    both.end();
    await turn();
    expect(started).toEqual(['first', 'both', 'other']);
    other.end();
    late.end();
    await Promise.all(runs);
    expect(started).toEqual(['first', 'both', 'other', 'late']);
    await lanes.idle();
  });

  it('leaves all lanes when a task in several of them is aborted while it waits, or fails', async () => {
    const lanes = new Lanes();
    const blocking = held('blocking', []);
    const blocked = lanes.run('a', blocking.task, 'a test');
    const ending = new AbortController();
    const aborted = lanes.runInAll(['a', 'b'], () => Promise.resolve(), 'a test', ending.signal);
    const failed = lanes.runInAll(['b', 'c'], () => Promise.reject(new Error('no')), 'a test');
    ending.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'EVENT_STORE_ABORTED' });
    await expect(failed).rejects.toThrow('no');
    expect([lanes.countIn('b'), lanes.countIn('c')]).toEqual([0, 0]);
    blocking.end();
    await blocked;
    await lanes.idle();
  });

  it('goes on after a task that fails', async () => {
    const lanes = new Lanes();
    const failed = lanes.run('a', () => Promise.reject(new Error('no')), 'a test');
    const next = lanes.run('a', () => Promise.resolve('yes'), 'a test');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('keeps the order of the other tasks when one that waits is aborted', async () => {
    const lanes = new Lanes();
    const started: string[] = [];
    const abort = new AbortController();
    const [first, third] = [held('first', started), held('third', started)];
    const running = lanes.run('a', first.task, 'a test');
    const aborted = lanes.run('a', held('second', started).task, 'a test', abort.signal);
    const waiting = lanes.run('a', third.task, 'a test');
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'EVENT_STORE_ABORTED' });
    const later = held('later', started);
    const arriving = lanes.run('a', later.task, 'a test');
    await turn();
    expect(started).toEqual(['first']);
    for (const { end } of [first, third, later]) end();
    await Promise.all([running, waiting, arriving]);
    expect(started).toEqual(['first', 'third', 'later']);
  });
});
