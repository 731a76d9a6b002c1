import { describe, expect, it } from 'vitest';
import { backOffMs } from './back-off.js';

const delays = { retryDelayMs: 100, retryDelayMaxMs: 1_500 };

describe('backOffMs', () => {
  it('doubles the longest delay with each failure, up to a maximum', () => {
    const longest = [1, 2, 3, 4, 5, 6, 1_000].map((failures) => backOffMs(delays, failures, 1));
    expect(longest).toEqual([100, 200, 400, 800, 1_500, 1_500, 1_500]);
  });

  it('spreads delays evenly from none to the longest', () => {
    expect([0, 0.25, 0.5].map((random) => backOffMs(delays, 3, random))).toEqual([0, 100, 200]);
  });
});
