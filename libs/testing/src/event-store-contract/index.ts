// The contract of an event store: every promise of the port, for any adapter, split by verb.
import type { ContractSuite } from '../contract-suite.js';
import { appendCases } from './append.js';
import { badInputCases } from './bad-input.js';
import { closingCases } from './closing.js';
import { fidelityCases } from './fidelity.js';
import type { EventStoreFixture } from './fixture.js';
import { idAtCases } from './id-at.js';
import { limitsCases } from './limits.js';
import { readAllCases } from './read-all.js';
import { readStreamCases } from './read-stream.js';
import { retryCases } from './retry.js';
import { subscribeCases } from './subscribe.js';

export type { EventStoreFixture } from './fixture.js';

const VERBS = {
  append: appendCases,
  retry: retryCases,
  readStream: readStreamCases,
  readAll: readAllCases,
  subscribe: subscribeCases,
  idAt: idAtCases,
  limits: limitsCases,
  fidelity: fidelityCases,
  'bad input': badInputCases,
  'abort and close': closingCases,
} as const;

/** Each case runs on a store of its own, which is disposed of after it, whatever the outcome. */
export const eventStoreContract = (fixture: EventStoreFixture): ContractSuite => ({
  name: `event store, ${fixture.name}`,
  cases: Object.entries(VERBS).flatMap(([verb, cases]) =>
    cases.map(({ name, run }) => ({
      name: `${verb}: ${name}`,
      run: async () => {
        const { store, dispose } = await fixture.create();
        try {
          await run(store);
        } finally {
          await dispose();
        }
      },
    })),
  ),
});
