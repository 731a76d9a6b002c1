import { systemRuntime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { ClientHolder } from './client-holder.js';

describe('a holder of the client', () => {
  const withHolder = async (work: (holder: ClientHolder, pass: (ms: number) => void) => void): Promise<void> => {
    let nowMs = 5_000;
    // The client connects only when it is used.
    const holder = new ClientHolder('esdb://127.0.0.1:1?tls=false', { ...systemRuntime, monotonic: () => nowMs });
    try {
      work(holder, (ms) => (nowMs += ms));
    } finally {
      await holder.close();
    }
  };

  it('gives up a silent client at once, and tells its users', () =>
    withHolder((holder) => {
      const first = holder.current();
      holder.renew(first);
      expect(first.abandoned.aborted).toBe(true);
      expect(holder.current().client).not.toBe(first.client);
    }));

  it('tells its users why it was given up, also when that happens later', () =>
    withHolder((holder, pass) => {
      const first = holder.current();
      holder.renew(first, 'refused');
      expect(first.abandoned.reason).toBe('refused');
      const second = holder.current();
      holder.renew(second, 'silent');
      pass(1_000);
      holder.current();
      expect(second.abandoned.reason).toBe('silent');
    }));

  it('does not give up a client that was given up before', () =>
    withHolder((holder, pass) => {
      const first = holder.current();
      holder.renew(first);
      const second = holder.current();
      pass(5_000);
      holder.renew(first);
      expect(holder.current()).toBe(second);
    }));

  it('gives up a client that fell silent within a second of the last one at the first request after that second', () =>
    withHolder((holder, pass) => {
      holder.renew(holder.current());
      const second = holder.current();
      pass(600);
      holder.renew(second);
      expect(holder.current()).toBe(second);
      pass(400);
      const third = holder.current();
      expect(third.client).not.toBe(second.client);
      expect(second.abandoned.aborted).toBe(true);
      pass(5_000);
      expect(holder.current()).toBe(third);
    }));
});
