// A counted multiset knows its extremes after any sequence of additions and removals.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountedValues, type Comparable } from './counted-values.js';

const inOrder = (values: readonly Comparable[]): Comparable[] =>
  [...values].sort((left, right) => (typeof left !== typeof right ? (typeof left === 'number' ? -1 : 1) : left < right ? -1 : left > right ? 1 : 0));

describe('CountedValues', () => {
  it('equals a sorted list, and can be restored from its entries', () => {
    const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom('a', 'B', 'é', '', '10', '9'));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.boolean())), (steps) => {
        let counted = new CountedValues();
        const list: Comparable[] = [];
        for (const [one, isAdded] of steps) {
          const at = list.indexOf(one);
          if (isAdded || at < 0) {
            counted.add(one);
            list.push(one);
          } else {
            counted.remove(one);
            list.splice(at, 1);
          }
          const sorted = inOrder(list);
          expect([counted.min, counted.max]).toEqual([sorted[0] ?? null, sorted.at(-1) ?? null]);
          counted = new CountedValues(JSON.parse(JSON.stringify(counted.entries())) as ReturnType<CountedValues['entries']>);
        }
        expect(counted.entries().flatMap(([one, count]) => Array.from({ length: count }, () => one))).toEqual(inOrder(list));
      }),
    );
  });

  it('refuses to remove a value that was never counted', () => {
    const counted = new CountedValues();
    counted.add(1);
    expect(() => counted.remove(2)).toThrow('never counted');
    expect(() => counted.remove('1')).toThrow('never counted');
  });
});
