// Promises of bounded waits.
import { describe, expect, it } from 'vitest';
import { inTime } from './in-time.js';
import { systemRuntime } from './runtime.js';

const never = new Promise<string>(() => undefined);
const tooLate = (): never => {
  throw new RangeError('too late');
};

describe('inTime', () => {
  it('gives the result or error of the work', async () => {
    await expect(inTime(Promise.resolve('done'), 60_000, systemRuntime, tooLate)).resolves.toBe('done');
    await expect(inTime(Promise.reject(new TypeError('failed')), 60_000, systemRuntime, tooLate)).rejects.toThrow(TypeError);
  });

  it('gives the result or error of `late` when the time is over', async () => {
    await expect(inTime(never, 5, systemRuntime, () => 'late')).resolves.toBe('late');
    await expect(inTime(never, 5, systemRuntime, tooLate)).rejects.toThrow(RangeError);
  });

  it.each(['works', 'fails'])('leaves no timer behind when the work %s', async (end) => {
    const signals: (AbortSignal | undefined)[] = [];
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => (signals.push(signal), systemRuntime.sleep(ms, signal));
    const work = end === 'works' ? Promise.resolve('done') : Promise.reject(new TypeError('failed'));
    await inTime(work, 60_000, { ...systemRuntime, sleep }, tooLate).catch(() => undefined);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });
});
