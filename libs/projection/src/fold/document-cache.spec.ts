// The cache stays within its limit of bytes and knows when it has dropped something.
import { describe, expect, it } from 'vitest';
import { DocumentCache, estimateBytes } from './document-cache.js';

describe('DocumentCache', () => {
  it('knows everything as long as nothing was dropped', () => {
    const cache = new DocumentCache<{ n: number }>(100, true);
    cache.set('a', { n: 1 }, 40);
    cache.set('a', { n: 2 }, 40);
    cache.set('b', { n: 3 }, 40);
    cache.delete('b');
    expect(cache.isComplete).toBe(true);
    cache.set('c', { n: 4 }, 40);
    cache.set('d', { n: 5 }, 40);
    expect(cache.isComplete).toBe(false);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('d')).toEqual({ n: 5 });
  });

  it('does not know everything once a document was too large for it', () => {
    const cache = new DocumentCache<object>(100, true);
    cache.set('a', {}, 101);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.isComplete).toBe(false);
  });

  it('knows nothing after it was cleared, or when it began beside a filled collection', () => {
    const cache = new DocumentCache<object>(100, true);
    cache.clear();
    expect(cache.isComplete).toBe(false);
    expect(new DocumentCache<object>(100, false).isComplete).toBe(false);
  });

  it('estimates more for larger documents', () => {
    const sizes = [{}, { a: 1 }, { a: 'long text' }, { a: ['long text', { b: null }] }].map(estimateBytes);
    expect(sizes).toEqual([...sizes].sort((left, right) => left - right));
  });
});
