// The contract of an event store: every promise of the port, for any adapter, by verb.
import assert from 'node:assert/strict';
import type { ContractSuite } from '../contract-suite.js';
import { appendAllCases, refusesAppendAll } from './append-all.js';
import { appendCases } from './append.js';
import { badInputCases } from './bad-input.js';
import { copiesCases } from './copies.js';
import { closingCases } from './closing.js';
import { fidelityCases } from './fidelity.js';
import type { EventStoreFixture, StoreUnderTest } from './fixture.js';
import { idAtCases } from './id-at.js';
import { limitsCases } from './limits.js';
import { ownEventsCases } from './own-events.js';
import { readAllCases } from './read-all.js';
import { readStreamCases } from './read-stream.js';
import { retryCases } from './retry.js';
import { subscribeCases } from './subscribe.js';

export type { EventStoreFixture, StoreUnderTest } from './fixture.js';

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

/** Each case runs on its own store, which is disposed of afterwards, whatever the outcome. */
export const eventStoreContract = (fixture: EventStoreFixture): ContractSuite => {
  const inStore = (verb: string, name: string, run: (made: StoreUnderTest) => Promise<void>) => ({
    name: `${verb}: ${name}`,
    run: async () => {
      const made = await fixture.create();
      try {
        await run(made);
      } finally {
        await made.dispose();
      }
    },
  });
  const cases = Object.entries(VERBS).flatMap(([verb, all]) => all.map(({ name, run }) => inStore(verb, name, ({ store }) => run(store))));
  const withOwnEvents = ownEventsCases.map(({ name, run }) =>
    inStore('own events', name, async ({ store, addOwnEvents }) => {
      if (!addOwnEvents) throw new TypeError('the fixture says that the store has events of its own and gives no addOwnEvents');
      await run(store, addOwnEvents);
    }),
  );
  const ofAppendAll = appendAllCases.map(({ name, run }) =>
    inStore('appendAll', name, async ({ store }) => {
      assert.equal(store.hasAppendAll, fixture.hasAppendAll ?? store.hasAppendAll);
      await (store.hasAppendAll ? run : refusesAppendAll)(store);
    }),
  );
  const ofCopies = fixture.takesCopies === true ? copiesCases.map(({ name, run }) => inStore('copies', name, ({ store }) => run(store))) : [];
  const all = [...cases, ...ofAppendAll, ...ofCopies, ...(fixture.hasOwnEvents === true ? withOwnEvents : [])];
  return { name: `event store, ${fixture.name}`, cases: all };
};
