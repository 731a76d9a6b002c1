// Declarations of caches are recognised by the source text of their functions, so these must have some.
import { describe, expect, it } from 'vitest';
import { assertCacheCollections, declarationOf, type CacheCollectionOptions } from './cache-collections.js';

const expiresAt = (): number => 1;

describe('the declaration of a cache collection', () => {
  it.each<[string, object]>([
    ['boards', { boards: (() => []).bind(null) }],
    ['expiresAt', { expiresAt: expiresAt.bind(null) }],
    ['expiresAt', { boards: () => [], expiresAt: Math.max }],
    ['expiresAt', { expiresAt: 5 }],
    ['version', { expiresAt, version: 0 }],
  ])('is refused if %s cannot be recognised: %o', (option, options) => {
    expect(() => assertCacheCollections({ customers: options as CacheCollectionOptions })).toThrow(
      expect.objectContaining({ code: 'PROJECTION_INVALID_DEFINITION', projection: 'customers', message: expect.stringContaining(option) }),
    );
  });

  it('is accepted with functions and methods', () => {
    const methods = { boards: () => [], expiresAt: () => null };
    expect(() => assertCacheCollections({ customers: { expiresAt, version: 2 }, orders: methods, carts: {} })).not.toThrow();
  });

  it('changes with the source text of the functions, not with their comments or callees', () => {
    const lying = Object.assign(() => 2, { toString: () => expiresAt.toString() });
    const commented = (): number => /* whole milliseconds */ 1;
    expect(declarationOf({ expiresAt: commented })).toBe(declarationOf({ expiresAt }));
    expect(declarationOf({ expiresAt: lying })).not.toBe(declarationOf({ expiresAt }));
    expect(declarationOf({ expiresAt, version: 2 })).not.toBe(declarationOf({ expiresAt }));
  });
});
