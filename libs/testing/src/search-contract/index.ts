// The contract of full-text indexes besides that of read stores: the meaning of words, filters, pages and highlights.
import type { ContractSuite } from '../contract-suite.js';
import { answerCases } from './answer-cases.js';
import { derivedCases } from './derived-cases.js';
import { defineSearchCases, type SearchContractOptions } from './search-fixture.js';
import { wordCases } from './word-cases.js';

/** Every case makes its own data with `create` and disposes of it. A case takes a few seconds at most. */
export const searchContract = (options: SearchContractOptions): ContractSuite => {
  const define = defineSearchCases(options);
  return { name: `search contract: ${options.name}`, cases: [...wordCases(define), ...answerCases(define), ...derivedCases(define)] };
};

export { PRODUCTS } from './search-fixture.js';
export type { SearchContractOptions, SearchFixture, SearchStore } from './search-fixture.js';
