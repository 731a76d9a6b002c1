// The contract that every cache has to keep beside that of a read store: leaderboards, expiry, answers of one generation.
import type { ContractSuite } from '../contract-suite.js';
import { boardCases } from './board-cases.js';
import { defineCacheCases, type CacheContractOptions } from './cache-fixture.js';
import { derivedCases } from './derived-cases.js';
import { expiredFoldCases } from './expired-fold-cases.js';
import { expiryCases } from './expiry-cases.js';
import { refusalCases } from './refusal-cases.js';

/** Every case makes data of its own with `create` and disposes of it; none needs longer than a few seconds. */
export const cacheContract = (options: CacheContractOptions): ContractSuite => {
  const define = defineCacheCases(options);
  return {
    name: `cache contract: ${options.name}`,
    cases: [...boardCases(define), ...expiryCases(define), ...expiredFoldCases(define), ...derivedCases(define), ...refusalCases(define)],
  };
};

export type { CacheContractOptions, CacheFixture, CacheStore } from './cache-fixture.js';
