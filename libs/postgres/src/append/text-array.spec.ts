// The binary form of text[] against the server's documented format.
import { describe, expect, it } from 'vitest';
import { plainArray, textArray } from './text-array.js';

describe('an array of texts for the server', () => {
  it('has a header, and each text with its length in bytes', () => {
    expect(textArray(['ä', '']).toString('hex')).toBe(
      ['00000001', '00000000', '00000019', '00000002', '00000001', '00000002', 'c3a4', '00000000'].join(''),
    );
  });

  it('lists plain values between braces', () => {
    expect(plainArray([1, 2])).toBe('{1,2}');
  });
});
