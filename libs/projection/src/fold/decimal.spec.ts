// Decimal strings are added exactly, whatever their size.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUnits, toUnits } from './decimal.js';

describe('decimals', () => {
  it('reads and shows units', () => {
    expect(toUnits('12.5', 3)).toBe(12_500n);
    expect(toUnits('-0.001', 3)).toBe(-1n);
    expect(toUnits('-0', 2)).toBe(0n);
    expect(toUnits('1.500', 1)).toBe(15n);
    expect(fromUnits(-1n, 3)).toBe('-0.001');
    expect(fromUnits(0n, 3)).toBe('0.000');
    expect(fromUnits(-42n, 0)).toBe('-42');
    expect(fromUnits(123_456_789_012_345_678_901n, 2)).toBe('1234567890123456789.01');
  });

  it('refuses texts that are no decimals, and places that would be lost', () => {
    for (const text of ['', '.', '1.', '.5', '1e3', '1,5', ' 1', '0x1', 'NaN', '--1']) expect(() => toUnits(text, 2)).toThrow(RangeError);
    expect(() => toUnits('0.001', 2)).toThrow('more than 2 decimal places');
  });

  it('gives back the same units', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(12), (units, scale) => {
        expect(toUnits(fromUnits(units, scale), scale)).toBe(units);
      }),
    );
  });
});
