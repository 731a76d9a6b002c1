// The fast path of money arithmetic must agree with the decimal library to the last thousandth.
import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMoney, compareMoney, lineTotal, money, moneyScore, subtractMoney } from './money.js';

const amounts = fc
  .tuple(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), fc.integer({ min: 0, max: 3 }))
  .map(([digits, places]) => new Big(digits.toString()).div(10 ** places).toFixed(places));

describe('money', () => {
  it('multiplies exactly, for amounts of any size', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 1_000_000 }), (price, quantity) => {
        expect(lineTotal(price, quantity)).toBe(new Big(price).times(quantity).toFixed(3));
      }),
    );
  });

  it('adds, subtracts and compares exactly, for amounts of any size', () => {
    fc.assert(
      fc.property(amounts, amounts, (left, right) => {
        expect(addMoney(left, right)).toBe(new Big(left).plus(right).toFixed(3));
        expect(subtractMoney(left, right)).toBe(new Big(left).minus(right).toFixed(3));
        expect(Math.sign(compareMoney(left, right))).toBe(new Big(left).cmp(right));
      }),
    );
  });

  it('is exact for 0.1 + 0.2', () => {
    expect(addMoney('0.1', '0.2')).toBe('0.300');
    expect(lineTotal('1.005', 3)).toBe('3.015');
  });

  it('has one form for each amount', () => {
    expect(['2.5', '2.50', '2', '0', '-11062.06', '0.001'].map(money)).toEqual(['2.500', '2.500', '2.000', '0.000', '-11062.060', '0.001']);
    expect(subtractMoney('1.10', '1.1')).toBe('0.000');
  });

  it('sorts amounts by whole thousandths, and those that do not fit as the largest', () => {
    expect(moneyScore('168469.600')).toBe(168_469_600);
    expect(moneyScore('-4.287')).toBe(-4_287);
    expect(moneyScore('999999999999999.999')).toBe(Number.MAX_SAFE_INTEGER);
    expect(moneyScore('-999999999999999.999')).toBe(Number.MIN_SAFE_INTEGER);
  });
});
