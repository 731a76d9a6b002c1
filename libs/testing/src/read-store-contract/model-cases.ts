// Contract of bookkeeping as a whole: after any commands in any order a store holds what the pure record says.
import type { ContractCase } from '../contract-suite.js';
import { checkHistory } from './bookkeeping-history.js';
import type { DefineCase, Histories } from './contract-fixture.js';

const RUNS = 2;
const STEPS = 40;

export const modelCases = (define: DefineCase, histories: Partial<Histories> = {}): readonly ContractCase[] => {
  const { runs = RUNS, steps = STEPS, seed = Math.floor(Math.random() * 2 ** 31) } = histories;
  return Array.from({ length: runs }, (_, run) =>
    define(`keeps its bookkeeping as the record says (PROPERTY_SEED=${seed + run})`, async ({ store, another, documents, clock }) => {
      const stores = [store, ...(another ? [await another()] : [])];
      await checkHistory({ stores, documents, seed: seed + run, steps, clock });
    }),
  );
};
