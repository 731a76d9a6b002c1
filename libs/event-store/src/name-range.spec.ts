// Promises of name ranges.
import { describe, expect, it } from 'vitest';
import { nameRanges } from './name-range.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
/** Compares like SQLite: by bytes of UTF-8. */
const isWithin = (name: string, prefix: string): boolean => {
  const isFrom = (limit: string): boolean => Buffer.compare(bytes(name), bytes(limit)) >= 0;
  return nameRanges([prefix]).some(({ start, end }) => isFrom(start) && (end === undefined || !isFrom(end)));
};

describe('nameRanges', () => {
  it('holds exactly the names with the prefix', () => {
    const edges = ['a', 'b', '\u007f', '\u0080', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{1f600}', '\u{10fffe}', '\u{10ffff}'];
    const words = ['', ...edges, ...edges.flatMap((first) => edges.map((second) => first + second))];
    const wrong = words.flatMap((prefix) => words.filter((name) => isWithin(name, prefix) !== name.startsWith(prefix)).map((name) => [prefix, name]));
    expect(wrong).toEqual([]);
  });

  it('holds a range once, however often its prefix is named', () => {
    expect(nameRanges(['a-', 'b-', 'a-']).map(({ start }) => start)).toEqual(['a-', 'b-']);
  });
});
