// Promises of reading points in time.
import { describe, expect, it } from 'vitest';
import { instantOf } from './instant.js';

describe('instantOf', () => {
  it.each([
    ['2011-01-01T00:00:00Z', Date.UTC(2011, 0, 1)],
    ['2011-01-01T00:00Z', Date.UTC(2011, 0, 1)],
    ['2024-02-29T23:59:59.999Z', Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
    ['2011-01-01T00:30:00+02:00', Date.UTC(2010, 11, 31, 22, 30)],
    ['2010-12-31T20:00:00-05:30', Date.UTC(2011, 0, 1, 1, 30)],
    ['2011-01-01T00:00:00.1234567Z', Date.UTC(2011, 0, 1, 0, 0, 0, 123)],
  ])('takes %s', (text, ms) => expect(instantOf(text)?.getTime()).toBe(ms));

  it.each([
    '2031-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2031-13-01T00:00:00Z',
    '2031-01-01T24:00:00Z',
    '2031-01-01T12:60:00Z',
    '2031-01-01T00:00',
    '2031-01-01T00:00:00',
    '2031-01-01',
    '01/02/2031',
    'order 12',
    '12.5',
    '-5',
    '12',
    '',
    ' 2031-01-01T00:00:00Z',
    '2031-01-01 00:00:00Z',
    '2031-01-01T00:00:00+25:00',
    '+002031-01-01T00:00:00Z',
    'Mon, 06 Mar 2017 21:22:23 GMT',
  ])('refuses "%s"', (text) => expect(instantOf(text)).toBeUndefined());
});
