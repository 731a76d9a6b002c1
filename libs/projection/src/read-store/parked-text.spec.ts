// Any text is kept unchanged, in letters that every database accepts, and no two texts become equal.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromStorableText, isHashedKey, toIndexedKey, toStorableText } from './parked-text.js';

const texts = fc.oneof(
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
  fc.string({ unit: fc.constantFrom('$', 'json:', '"', '\\', '\0', '\ud83d', '\ude00', 'hash:', 'a') }),
  fc.string({ unit: 'grapheme' }),
);

describe('storable text', () => {
  it('holds neither NUL nor half of a surrogate pair, and gives any text back', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const stored = toStorableText(text);
        expect(stored.isWellFormed() && !stored.includes('\0')).toBe(true);
        expect(Buffer.from(stored).toString()).toBe(stored);
        expect(fromStorableText(stored)).toBe(text);
      }),
    );
  });

  it('keeps plain text, also from earlier versions', () => {
    for (const text of ['', 'order-1', 'Ünïcode 🎉', '$stream/order-1']) expect(toStorableText(text)).toBe(text);
    expect(fromStorableText('$json:not json')).toBe('$json:not json');
  });

  it('fits an index through its hash, which no other key has', () => {
    fc.assert(
      fc.property(texts, texts, (left, right) => {
        const [one, other] = [toIndexedKey(left, 8), toIndexedKey(right, 8)];
        expect(one.text === other.text).toBe(left === right);
        expect(Buffer.byteLength(one.text)).toBeLessThanOrEqual(100);
        expect(isHashedKey(one.text)).toBe(!one.isWhole);
      }),
    );
  });
});
