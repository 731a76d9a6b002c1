// Promises of name ranges.
import { describe, expect, it } from 'vitest';
import { rangeOf } from './wanted.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
/** Compares like SQLite: by bytes of UTF-8. */
const isWithin = (name: string, prefix: string): boolean => {
  const { start, end } = rangeOf(prefix);
  return Buffer.compare(bytes(name), bytes(start)) >= 0 && (end === undefined || Buffer.compare(bytes(name), bytes(end)) < 0);
};

describe('rangeOf', () => {
  it('holds exactly the names with the prefix', () => {
    const edges = ['a', 'b', '\u007f', '\u0080', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}', '\u{10fffe}', '\u{10ffff}'];
    const words = ['', ...edges, ...edges.flatMap((first) => edges.map((second) => first + second))];
    const wrong = words.flatMap((prefix) => words.filter((name) => isWithin(name, prefix) !== name.startsWith(prefix)).map((name) => [prefix, name]));
    expect(wrong).toEqual([]);
  });
});
