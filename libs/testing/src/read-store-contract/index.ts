// The contract of every read store, split by verb. Run it with `registerContract`.
import type { ContractSuite } from '../contract-suite.js';
import { checkpointCases } from './checkpoint-cases.js';
import { collectionCases } from './collection-cases.js';
import { defineCases, type ReadStoreContractOptions } from './contract-fixture.js';
import { plainDocuments } from './contract-projection.js';
import { engineCases } from './engine-cases.js';
import { failureCases } from './failure-cases.js';
import { forgetCases } from './forget-cases.js';
import { replayCases } from './replay-cases.js';
import { generationCases } from './generation-cases.js';
import { leaseCases } from './lease-cases.js';
import { loadCases } from './load-cases.js';
import { noteCases } from './note-cases.js';
import { modelCases } from './model-cases.js';
import { parkedCases } from './parked-cases.js';
import { handlerPoisonCases, poisonCases } from './poison-cases.js';
import { partitionCases } from './partition-cases.js';
import { restoredCases } from './restored-cases.js';
import { scanCases } from './scan-cases.js';
import { transactionCases } from './transaction-cases.js';
import { verifyCases } from './verify-cases.js';

/** Every case makes its own store with `create` and disposes of it. A case takes a few seconds at most. */
export const readStoreContract = <Transaction = never>(options: ReadStoreContractOptions<Transaction>): ContractSuite => {
  const define = defineCases(options, options.documents ?? plainDocuments);
  return {
    name: `read store contract: ${options.name}`,
    cases: [
      ...loadCases(define),
      ...checkpointCases(define),
      ...parkedCases(define),
      ...generationCases(define),
      ...collectionCases(define),
      ...forgetCases(define),
      ...scanCases(define),
      ...(options.transaction ? [...transactionCases(define, options.transaction), ...handlerPoisonCases(define, options.transaction)] : []),
      ...engineCases(define),
      ...restoredCases(define),
      ...failureCases(define),
      ...poisonCases(define),
      ...replayCases(define),
      ...leaseCases(define),
      ...noteCases(define),
      ...partitionCases(define),
      ...verifyCases(define),
      ...modelCases(define, options.histories),
    ],
  };
};

export { checkHistory, type HistoryOptions } from './bookkeeping-history.js';
export type { Histories, ReadStoreContractOptions, ReadStoreFixture, StoreClock, TransactionSteps } from './contract-fixture.js';
export { type ContractDocuments, type ContractOrder, type ContractTotal } from './contract-projection.js';
