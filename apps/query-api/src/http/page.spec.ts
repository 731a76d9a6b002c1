// A foreign cursor is a mistake of the client, whatever it holds.
import { describe, expect, it } from 'vitest';
import { pageOf, placeOf } from './page.js';

const cursorOf = (json: string): string => Buffer.from(json).toString('base64url');

describe('placeOf', () => {
  it('accepts the cursor of a page', () => {
    const { next } = pageOf([{ n: 1.5 }, { n: 2 }], 1, ({ n }) => ['order -total', n, 'a'], String);
    expect(placeOf(next ?? undefined, 'order -total', 'number', 'string')).toEqual([1.5, 'a']);
  });

  it.each([
    '["order -total",1e999,"x"]',
    '["order -total",-1e999,"x"]',
    '["order -total",1,"a\\u0000"]',
    '["order -total",1,"\\ud800"]',
    '["order -total","1","x"]',
    '["order -total",1]',
    '["order -total",1,"x","y"]',
    '["order stream",1,"x"]',
    '[]',
    'null',
    '{}',
    'no JSON',
    '',
  ])('refuses %s', (json) => {
    expect(() => placeOf(cursorOf(json), 'order -total', 'number', 'string')).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
