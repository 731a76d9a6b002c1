// Promises of names, places and ids.
import { describe, expect, it } from 'vitest';
import { eventId, isPositionBefore, laterPosition, position, revision, streamName, streamOf, streamPrefixOf } from './identifiers.js';

const INVALID = expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT' });

describe('streamName', () => {
  it.each(['order-1', 'order-a-b', 'größe-漢字', 'o-\u{1f600}', `order-${'x'.repeat(506)}`])('accepts %j', (name) => {
    expect(streamName(name)).toBe(name);
  });

  it.each([
    ['nothing before the dash', '-1'],
    ['nothing after the dash', 'order-'],
    ['no dash', 'order'],
    ['nothing', ''],
    ['more than 512 characters', `order-${'x'.repeat(507)}`],
    ['a reserved beginning', '$order-1'],
    ['a control character', 'order-\u0007'],
    ['a C1 control character', 'order-\u0085'],
    ['a lone surrogate', 'order-\udc00'],
    ['a decomposed character', 'order-e\u0301'],
    ['something that is no text', 5 as never],
    ['something missing', undefined as never],
  ])('refuses %s', (_, name) => {
    expect(() => streamName(name)).toThrow(INVALID);
  });

  it('begins with the prefix of its category', () => {
    expect(streamOf('order', '7').startsWith(streamPrefixOf('order'))).toBe(true);
  });
});

describe('revision and position', () => {
  it.each([
    ['0', 0n],
    ['1', 1n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 2n ** 63n - 1n],
  ])('carry %s over a wire exactly', (text, value) => {
    for (const place of [revision, position]) {
      expect(place(text)).toBe(value);
      expect(place(value)).toBe(value);
      expect(String(place(text))).toBe(text);
    }
  });

  it.each([
    ['-1'],
    ['01'],
    ['1.0'],
    ['1e3'],
    ['0x1'],
    [' 1'],
    [''],
    ['9223372036854775808'],
    [-1n],
    [2n ** 63n],
    [1 as never],
    [null as never],
    [{} as never],
  ])('refuse %s', (value) => {
    for (const place of [revision, position]) expect(() => place(value)).toThrow(INVALID);
  });
});

describe('eventId', () => {
  it('lowers upper case', () => {
    expect(eventId('886313E1-3B8A-5372-9B90-0C9AEE199E5D')).toBe('886313e1-3b8a-5372-9b90-0c9aee199e5d');
  });

  it.each(['', 'x', '886313e13b8a53729b900c9aee199e5d', '886313e1-3b8a-5372-9b90-0c9aee199e5d ', 'g86313e1-3b8a-5372-9b90-0c9aee199e5d', 7 as never])(
    'refuses %j',
    (id) => {
      expect(() => eventId(id)).toThrow(INVALID);
    },
  );
});

describe('isPositionBefore', () => {
  it('orders places as numbers, with undefined before everything, and puts no place before itself', () => {
    const order = [undefined, position(0n), position(2n), position(10n)];
    for (const [at, one] of order.entries()) {
      for (const [otherAt, other] of order.entries()) expect(isPositionBefore(one, other), `${one} ${other}`).toBe(at < otherAt);
    }
  });
});

describe('laterPosition', () => {
  it('treats undefined as the place before everything', () => {
    const [one, two] = [position(1n), position(2n)];
    expect([laterPosition(one, two), laterPosition(two, one), laterPosition(undefined, one), laterPosition(one, undefined)]).toEqual([
      two,
      two,
      one,
      one,
    ]);
    expect(laterPosition(undefined, undefined)).toBeUndefined();
  });
});
