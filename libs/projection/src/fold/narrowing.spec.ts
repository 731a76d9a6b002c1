// Finds the one event at fault among many that a read store does not accept together.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { ReadStoreOverburdened, ReadStoreUnavailable } from '../read-store/errors.js';
import { BatchRefused } from './batch-refused.js';
import { narrowedBy, narrowingAt } from './narrowing.js';

const at = (position: number): Position => BigInt(position) as Position;
const events = (count: number): RecordedEvent[] =>
  Array.from({ length: count }, (_, index) => ({ position: at(index + 1), stream: 'tally-a' }) as RecordedEvent);

describe('narrowing down', () => {
  it('reaches the event at fault in as many steps as the batch can be halved', () => {
    for (const size of [1, 2, 3, 1_000, 10_000]) {
      let limit = size;
      let steps = 0;
      for (;;) {
        const narrowed = narrowedBy(new BatchRefused(events(limit), undefined, new Error('no')), events(limit), false);
        if (narrowed?.kind !== 'narrower') break;
        expect(narrowed.narrowing.until).toBe(at(limit));
        ({ limit } = narrowed.narrowing);
        steps++;
      }
      expect(limit).toBe(1);
      expect(steps).toBe(Math.floor(Math.log2(size)));
    }
  });

  it('names the event that was refused alone, with the key at fault or its stream', () => {
    const cause = new Error('no');
    const [event] = events(1);
    const poisonOf = (key: string | undefined) => narrowedBy(new BatchRefused(events(1), key, cause), events(5), true);
    expect(poisonOf('k')).toEqual({ kind: 'fault', poison: { event, key: 'k', error: cause } });
    expect(poisonOf(undefined)).toEqual({ kind: 'fault', poison: { event, key: 'tally-a', error: cause } });
  });

  it('takes fewer events after too many, if nothing was written; never fewer than one, and not after an outage', () => {
    const tooMuch = new ReadStoreOverburdened('memory', 'too slow');
    expect(narrowedBy(tooMuch, events(9), true)).toEqual({ kind: 'narrower', narrowing: { limit: 4, until: at(9) } });
    expect(narrowedBy(tooMuch, events(9), false)).toBeUndefined();
    expect(narrowedBy(tooMuch, events(1), true)).toBeUndefined();
    expect(narrowedBy(new ReadStoreUnavailable('memory', 'away'), events(9), true)).toBeUndefined();
  });

  it('is over once everything that was refused is written', () => {
    const narrowing = { limit: 2, until: at(9) };
    expect([undefined, at(8), at(9), at(10)].map((reached) => narrowingAt(narrowing, reached))).toEqual([narrowing, narrowing, undefined, undefined]);
  });
});
