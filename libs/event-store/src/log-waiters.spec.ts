// Promises to readers that wait for the end of the log to move.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { LogWaiters } from './log-waiters.js';

const nothing = (): void => undefined;
const never = new AbortController().signal;

describe('LogWaiters', () => {
  it('wakes those that have not seen the end, and leaves the others', async () => {
    const waiters = new LogWaiters<bigint>();
    const [behind, there] = [waiters.changed(1n, never, nothing), waiters.changed(2n, never, nothing)];
    expect(waiters.tell(2n)).toBe(true);
    await behind;
    expect([waiters.count, waiters.tell(2n)]).toEqual([1, false]);
    waiters.tell(3n);
    await there;
    expect(waiters.count).toBe(0);
  });

  it('counts a waiter before it looks, so that a look which finds news wakes it', async () => {
    const waiters = new LogWaiters<number>();
    await waiters.changed(1, never, () => {
      expect(waiters.count).toBe(1);
      waiters.tell(2);
    });
  });

  it('resolves when the signal fires, also before, and leaves no listener on it', async () => {
    const waiters = new LogWaiters<number>();
    const abort = new AbortController();
    const [aborted, woken] = [waiters.changed(1, abort.signal, nothing), waiters.changed(2, abort.signal, nothing)];
    waiters.tell(1);
    await woken;
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    abort.abort();
    await aborted;
    await waiters.changed(1, abort.signal, () => expect.unreachable());
    expect([waiters.count, getEventListeners(abort.signal, 'abort')]).toEqual([0, []]);
  });

  it('passes a failure to all that wait, and refuses them when it is closed', async () => {
    const waiters = new LogWaiters<number>();
    const failed = waiters.changed(1, never, nothing);
    waiters.fail(new TypeError('gone'));
    await expect(failed).rejects.toThrow('gone');
    const closed = waiters.changed(1, never, nothing);
    waiters.close();
    await expect(closed).rejects.toMatchObject({ code: 'EVENT_STORE_CLOSED' });
    await expect(waiters.changed(1, never, nothing)).rejects.toMatchObject({ code: 'EVENT_STORE_CLOSED' });
  });
});
