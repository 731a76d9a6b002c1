// The position a client asks for comes from a header, a query parameter, or both.
import { describe, expect, it } from 'vitest';
import { minPositionOf } from './min-position.js';

const HEADER = 'mainstem-min-position';

describe('the minimum position of a request', () => {
  it('is absent if the client gives none', () => {
    expect(minPositionOf({ headers: {} })).toEqual({ position: undefined, isLatest: false });
    expect(minPositionOf({ headers: {}, query: {} })).toEqual({ position: undefined, isLatest: false });
  });

  it('comes from the header or from the query, exact in 64 bits', () => {
    expect(minPositionOf({ headers: { [HEADER]: '9223372036854775807' } }).position).toBe(9_223_372_036_854_775_807n);
    expect(minPositionOf({ headers: {}, query: { minPosition: '12' } }).position).toBe(12n);
  });

  it('is the later of the two', () => {
    expect(minPositionOf({ headers: { [HEADER]: '9' }, query: { minPosition: '10' } }).position).toBe(10n);
    expect(minPositionOf({ headers: { [HEADER]: '10' }, query: { minPosition: '9' } }).position).toBe(10n);
  });

  it('may be the latest one, beside another one', () => {
    expect(minPositionOf({ headers: { [HEADER]: 'latest' } })).toEqual({ position: undefined, isLatest: true });
    expect(minPositionOf({ headers: { [HEADER]: '9' }, query: { minPosition: 'latest' } })).toEqual({ position: 9n, isLatest: true });
  });

  it.each([['Latest'], ['-1'], ['1.0'], ['0x10'], [''], ['9223372036854775808']])('refuses %j and names its place', (value) => {
    expect(() => minPositionOf({ headers: { [HEADER]: value } })).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining('Mainstem-Min-Position') }),
    );
    expect(() => minPositionOf({ headers: {}, query: { minPosition: value } })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('minPosition') }),
    );
  });

  it('refuses a parameter that occurs twice', () => {
    expect(() => minPositionOf({ headers: {}, query: { minPosition: ['1', '2'] } })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
