// What people and programs get to read.
import { describe, expect, it } from 'vitest';
import { count, counted, duration } from './amounts.js';
import { toJson } from './json.js';
import { printable, printableLines } from '@mainstem/event-store';
import { shellWord } from './shell-word.js';
import { table } from './table.js';

describe('amounts', () => {
  it('separate thousands, in numbers of any size', () => {
    expect(count(565_708)).toBe('565,708');
    expect(count(9_007_199_254_740_993n)).toBe('9,007,199,254,740,993');
  });

  it('use the plural for every number except one', () => {
    expect([0, 1, 2].map((lines) => counted(lines, 'line'))).toEqual(['0 lines', '1 line', '2 lines']);
  });

  it('show a span of time in its two largest units', () => {
    expect([0, 400, 42_000, 185_000, 7_800_000, 180_000_000].map(duration)).toEqual(['0 s', '< 1 s', '42 s', '3 min 5 s', '2 h 10 min', '2 d 2 h']);
  });
});

describe('JSON', () => {
  it('carries whole numbers beyond a double as decimal strings', () => {
    expect(toJson({ position: 9_007_199_254_740_993n })).toBe('{"position":"9007199254740993"}');
  });

  it('shows the content of maps and sets', () => {
    expect(toJson({ lines: new Map([['a', 1]]), skus: new Set(['x']) })).toBe('{"lines":{"a":1},"skus":["x"]}');
  });
});

describe('text for a terminal', () => {
  it('shows control characters as text, in one line', () => {
    expect(printable('\u001b[2Ka\r\nb\u009b31m\u202ec\u007f')).toBe('\\u001b[2Ka\\r\\nb\\u009b31m\\u202ec\\u007f');
    expect(printableLines('a\u0007\nb')).toBe('a\\u0007\nb');
    expect(printable('ü 🎩 ─ 中')).toBe('ü 🎩 ─ 中');
  });

  it('stays the same value in JSON', () => {
    const value = { key: 'a\u009b31m\u202e\n' };
    expect(toJson(value)).toBe('{"key":"a\\u009b31m\\u202e\\n"}');
    expect(JSON.parse(toJson(value, true))).toEqual(value);
  });

  it('shows a line break without a new row of the table', () => {
    expect(table([{ title: 'key', value: (key: string) => key }], ['two\nlines'])).toEqual(['key', '──────────', 'two\\nlines']);
  });
});

describe('a table', () => {
  it('has columns as wide as their widest value and leaves no blanks at the ends of lines', () => {
    const lines = table(
      [
        { title: 'name', value: (row: { name: string; size: number }) => row.name },
        { title: 'size', value: (row) => String(row.size), align: 'right' },
      ],
      [
        { name: 'é', size: 5 },
        { name: 'longest', size: 12_345 },
      ],
    );
    expect(lines).toEqual(['name      size', '───────  ─────', 'é            5', 'longest  12345']);
  });
});

describe('a word for a shell', () => {
  it.each([
    ['order-1', 'order-1'],
    ['a b', "'a b'"],
    ["it's", String.raw`'it'\''s'`],
    ['$HOME', "'$HOME'"],
    ['', "''"],
  ])('of %j is %s', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});
