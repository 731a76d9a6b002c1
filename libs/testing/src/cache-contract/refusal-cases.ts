// Contract of a cache's refusals: they write nothing.
import assert from 'node:assert/strict';
import type { ContractCase } from '../contract-suite.js';
import { rejectsWith } from '../read-store-contract/contract-fixture.js';
import type { DefineCacheCase } from './cache-fixture.js';

const UNHOLDABLE = [{ net: 1.5 }, { net: 2 ** 53 }, { until: 1.5 }, { net: Number.NaN }, { at: new Date(0) }, { big: 1n }];

export const refusalCases = (define: DefineCacheCase): readonly ContractCase[] => [
  ...[0, -1, 1.5, 1_001, Number.NaN].map((limit) =>
    define(`refuses a limit of ${limit}`, ({ store }) => rejectsWith('CACHE_INVALID_QUERY', store.top('customers', 'net', { limit }))),
  ),

  define('refuses a cursor whose score is no safe integer', ({ store }) =>
    rejectsWith('CACHE_INVALID_QUERY', store.top('customers', 'net', { limit: 1, after: { key: 'a', score: 1.5 } })),
  ),

  ...UNHOLDABLE.map((document, index) =>
    define(`refuses a document that it cannot hold, and writes nothing (${index + 1})`, async (context) => {
      await rejectsWith('READ_STORE_INVALID_DOCUMENT', context.write({ good: {}, bad: document }));
      assert.equal(await context.get('good'), undefined);
      assert.equal((await context.store.generations('customers'))[0]?.checkpoint.position, undefined);
      await context.write({ good: {} });
      assert.deepEqual(await context.get('good'), {});
    }),
  ),

  define('refuses to open with functions whose source text is hidden', async (_, { open }) => {
    const expiresAt = (): number => 1;
    await rejectsWith('PROJECTION_INVALID_DEFINITION', open({ customers: { expiresAt: expiresAt.bind(null) } }));
    await rejectsWith('PROJECTION_INVALID_DEFINITION', open({ customers: { boards: Array.of as never } }));
  }),

  define('refuses a key that UTF-8 cannot hold', (context) => rejectsWith('READ_STORE_INVALID_DOCUMENT', context.write({ '\ud800': {} }))),
];
