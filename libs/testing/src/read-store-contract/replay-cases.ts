// A replay of parked events leaves the same as a run without failures, on the store under test.
import assert from 'node:assert/strict';
import { Projector, type DocumentProjection } from '@mainstem/projection';
import { verifyProjection } from '@mainstem/projection/operate';
import type { ContractCase } from '../contract-suite.js';
import type { DefineCase } from './contract-fixture.js';
import { contractHistory } from './contract-history.js';
import { contractProjection, ORDERS } from './contract-projection.js';

const EVENTS = 200;
const DOCUMENTS = 7;
const RECOVERY = { onFailure: 'park', attemptsMax: 1, retryDelayMs: 1, retryDelayMaxMs: 5 } as const;

export const replayCases = (define: DefineCase): readonly ContractCase[] => [
  define('leaves after a replay what a run without failures leaves, even if other streams went on in the same documents', async (context) => {
    const { store, documents } = context;
    const { store: reader } = await contractHistory(EVENTS, 4);
    const head = await reader.head();
    assert.ok(head !== undefined);
    let isBroken = true;
    const whole = contractProjection(documents);
    // Several streams meet in each document, which holds its own key.
    const key = ({ stream, position }: { readonly stream: string; readonly position: bigint }): string => {
      if (isBroken && (position === 20n || position === 90n)) throw new Error('the key function is wrong');
      return `document-${Number(stream.slice(stream.indexOf('№') + 1)) % DOCUMENTS}`;
    };
    const evolve: DocumentProjection['evolve'] = new Map(
      [...whole.evolve].map(([type, fold]) => [type, (document, event, name) => withKey(fold(document, event, name), name)]),
    );
    const projection: DocumentProjection = { ...whole, key, evolve };
    const hosted = { projection, store, recovery: RECOVERY };
    const projector = new Projector({ reader, projections: [hosted], batchSizeMax: 16 });
    projector.start();
    try {
      await projector.waitFor(ORDERS, head, { timeoutMs: 60_000 });
      assert.ok((await store.parked(ORDERS, 100)).length > 2);
      isBroken = false;
      assert.equal((await projector.replayParked(ORDERS)).stillParked, 0);
    } finally {
      await projector.stop();
    }
    assert.deepEqual(await store.parked(ORDERS, 100), []);
    const verified = await verifyProjection({ reader, hosted });
    assert.ok(verified.isSame);
  }),
];

const withKey = (document: object | null, stream: string): object | null => document && { ...document, stream };
