import { systemRuntime } from '@mainstem/event-store';
import { expect, it } from 'vitest';
import { LookAllowance } from './look-allowance.js';

it('is used up by a large look, in proportion and for a few seconds at most', () => {
  let now = 0;
  const allowance = new LookAllowance({ ...systemRuntime, monotonic: () => now });
  const pauseMs = (bytes: number): number => {
    allowance.use(bytes);
    const from = now;
    while (allowance.isUsedUp) now += 100;
    return now - from;
  };
  expect(pauseMs(0)).toBe(0);
  expect(pauseMs(65_536)).toBe(0);
  expect(pauseMs(1_048_576)).toBe(1_100);
  expect(pauseMs(16_767_216)).toBe(8_000);
  allowance.use(1_048_576);
  // A smaller look meanwhile does not shorten the pause.
  expect(pauseMs(100_000)).toBe(1_100);
});
