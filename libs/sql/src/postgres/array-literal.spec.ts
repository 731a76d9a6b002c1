// Array literals that the server reads back as the same values; test/contract proves that on a server.
import { describe, expect, it } from 'vitest';
import { arrayLiteral } from './array-literal.js';

describe('array literal', () => {
  it('quotes text, escapes quotes and backslashes, and tells NULL from the word', () => {
    expect(arrayLiteral(['a', 'say "x"', 'c:\\d', 'NULL', '', null, '{1,2}', ' '])).toBe('{"a","say \\"x\\"","c:\\\\d","NULL","",NULL,"{1,2}"," "}');
  });

  it('writes numbers so that they are read back exactly', () => {
    expect(arrayLiteral([1, -2.5, 1e21, 5e-324, 0.1])).toBe('{1,-2.5,1e+21,5e-324,0.1}');
  });

  it('is empty without values', () => {
    expect(arrayLiteral([])).toBe('{}');
  });
});
