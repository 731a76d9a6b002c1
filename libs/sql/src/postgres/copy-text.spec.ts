// Rows in COPY's format, by the rules of its documentation.
import { describe, expect, it } from 'vitest';
import { copyLine } from './copy-text.js';

describe('copy text', () => {
  it('separates values by tabs and ends a row with a line feed', () => {
    expect(copyLine(['a', 1, -0.5, 1e21, 'ü'])).toBe('a\t1\t-0.5\t1e+21\tü\n');
  });

  it('tells NULL from empty text and from text that looks like NULL or like the end of the data', () => {
    expect(copyLine([null, '', '\\N', '\\.'])).toBe('\\N\t\t\\\\N\t\\\\.\n');
  });

  it('escapes the separators of values and rows', () => {
    expect(copyLine(['a\tb', 'c\nd', 'e\r\nf', '\\n'])).toBe('a\\tb\tc\\nd\te\\r\\nf\t\\\\n\n');
  });
});
