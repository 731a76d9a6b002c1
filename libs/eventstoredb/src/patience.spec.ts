import { systemRuntime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { EventStoreUnavailable } from './errors.js';
import { Patience } from './patience.js';

const refused = new EventStoreUnavailable('append', 'connect ECONNREFUSED 127.0.0.1:2113');
const silent = new EventStoreUnavailable('append', 'no answer within 5000 ms');

describe('patience with a store that is away', () => {
  const start = () => {
    let nowMs = 1_000;
    const patience = new Patience({ ...systemRuntime, monotonic: () => nowMs }, { allMs: 30_000, refusedMs: 3_000 });
    const overAfter = (ms: number, error: unknown): boolean => {
      nowMs += ms;
      patience.failed(error);
      return patience.isOver();
    };
    return { patience, overAfter, now: () => nowMs };
  };

  it('ends after three seconds of refusals only, and not before', () => {
    const { overAfter } = start();
    expect([overAfter(0, silent), overAfter(5_000, refused), overAfter(2_999, refused), overAfter(1, refused)]).toEqual([false, false, false, true]);
  });

  it('lasts the whole time when another failure came between refusals', () => {
    const { overAfter } = start();
    expect([overAfter(0, refused), overAfter(2_900, silent), overAfter(2_900, refused)]).toEqual([false, false, false]);
    expect([overAfter(24_199, silent), overAfter(1, silent)]).toEqual([false, true]);
  });

  it('begins anew when the call makes progress, and for a later call', () => {
    const { patience, overAfter, now } = start();
    overAfter(0, refused);
    expect(overAfter(10_000, refused)).toBe(true);
    expect(patience.isOver(now())).toBe(false);
    patience.reset();
    expect(overAfter(2_000, refused)).toBe(false);
  });
});
