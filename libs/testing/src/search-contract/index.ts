// The contract that every full-text index has to keep beside that of a read store: one definition of words, filters, pages and highlights.
import type { ContractSuite } from '../contract-suite.js';
import { answerCases } from './answer-cases.js';
import { derivedCases } from './derived-cases.js';
import { defineSearchCases, type SearchContractOptions } from './search-fixture.js';
import { wordCases } from './word-cases.js';

/** Every case makes data of its own with `create` and disposes of it; none needs longer than a few seconds. */
export const searchContract = (options: SearchContractOptions): ContractSuite => {
  const define = defineSearchCases(options);
  return { name: `search contract: ${options.name}`, cases: [...wordCases(define), ...answerCases(define), ...derivedCases(define)] };
};

export { PRODUCTS } from './search-fixture.js';
export type { SearchContractOptions, SearchFixture, SearchStore } from './search-fixture.js';
