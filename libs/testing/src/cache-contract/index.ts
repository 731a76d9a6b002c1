// The contract of caches, besides that of read stores: leaderboards, expiry, answers of one generation.
import type { ContractSuite } from '../contract-suite.js';
import { boardCases } from './board-cases.js';
import { defineCacheCases, type CacheContractOptions } from './cache-fixture.js';
import { derivedCases } from './derived-cases.js';
import { expiredFoldCases } from './expired-fold-cases.js';
import { expiryCases } from './expiry-cases.js';
import { refusalCases } from './refusal-cases.js';

/** Every case makes its own data with `create` and disposes of it. A case takes a few seconds at most. */
export const cacheContract = (options: CacheContractOptions): ContractSuite => {
  const define = defineCacheCases(options);
  return {
    name: `cache contract: ${options.name}`,
    cases: [...boardCases(define), ...expiryCases(define), ...expiredFoldCases(define), ...derivedCases(define), ...refusalCases(define)],
  };
};

export type { CacheContractOptions, CacheFixture, CacheStore } from './cache-fixture.js';
