import type { Position } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { ClearStretches } from './clear-stretches.js';

const at = (place: number): Position => BigInt(place) as Position;
const orders = { types: ['OrderPlaced', 'OrderClosed'] };

describe('stretches without a wanted event', () => {
  it('are skipped from any position inside them, for the same filter only', () => {
    const stretches = new ClearStretches();
    stretches.record(orders).note({ after: at(5), until: at(900) });
    expect([5, 6, 899].map((place) => stretches.skip({ types: ['OrderClosed', 'OrderPlaced'] }, at(place)))).toEqual([900n, 900n, 900n]);
    expect([at(4), undefined, at(901)].map((after) => stretches.skip(orders, after))).toEqual([4n, undefined, 901n]);
    expect(stretches.skip({ types: ['OrderPlaced'] }, at(5))).toBe(5n);
    expect(stretches.skip({ ...orders, streamPrefixes: ['order-'] }, at(5))).toBe(5n);
  });

  it('are forgotten with the subscription that found them; other subscriptions keep theirs', () => {
    const stretches = new ClearStretches();
    const [one, other] = [stretches.record(orders), stretches.record(orders)];
    one.note({ after: undefined, until: at(900) });
    other.note({ after: undefined, until: at(500) });
    one.forget();
    expect(stretches.skip(orders, undefined)).toBe(500n);
    other.forget();
    expect(stretches.skip(orders, undefined)).toBeUndefined();
  });
});
