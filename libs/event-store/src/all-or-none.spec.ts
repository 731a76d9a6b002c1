// Promises of opening several things together.
import { describe, expect, it } from 'vitest';
import { allOrNone, type Closable } from './all-or-none.js';

const opened = (name: string, closed: string[], failure?: Error): Promise<Closable & { readonly name: string }> =>
  Promise.resolve({ name, close: () => (closed.push(name), failure ? Promise.reject(failure) : Promise.resolve()) });

describe('allOrNone', () => {
  it('hands out everything, in order', async () => {
    const closed: string[] = [];
    const [first, second] = await allOrNone([opened('a', closed), opened('b', closed)] as const);
    expect([first.name, second.name, closed]).toEqual(['a', 'b', []]);
  });

  it('closes what was opened when another one fails, even if it opens late or cannot be closed, and reports the failure', async () => {
    const closed: string[] = [];
    const late = new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => opened('late', closed));
    const failure = new Error('away');
    await expect(allOrNone([opened('a', closed, new Error('stuck')), Promise.reject<Closable>(failure), late])).rejects.toBe(failure);
    expect(closed).toEqual(['a', 'late']);
  });
});
