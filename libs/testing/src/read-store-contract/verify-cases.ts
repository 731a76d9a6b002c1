// Contract of verify: what the engine wrote equals the fold, and later changes by others are named.
import assert from 'node:assert/strict';
import type { Position } from '@mainstem/event-store';
import { Projector, type HostedProjection } from '@mainstem/projection';
import { fillSideGeneration, verifyProjection } from '@mainstem/projection/operate';
import type { ContractCase } from '../contract-suite.js';
import { anOrder, type ContractContext, type DefineCase } from './contract-fixture.js';
import { contractHistory, type ContractHistory } from './contract-history.js';
import { contractProjection, ORDERS, type ContractOrder } from './contract-projection.js';

const EVENTS = 400;
// Long, because a commit may be several requests on a busy machine.
const TIMEOUT_MS = 120_000;
/** Small, so that there are many passes. */
const LITTLE_MEMORY = 4_000;

const hostedOn = ({ store, documents }: ContractContext): HostedProjection => ({ projection: contractProjection(documents), store });

const fill = async (context: ContractContext): Promise<ContractHistory> => {
  const history = await contractHistory(EVENTS);
  const projector = new Projector({ reader: history.store, projections: [hostedOn(context)], batchSizeMax: 50 });
  projector.start();
  await projector.waitFor(ORDERS, (await history.store.head()) as Position, { timeoutMs: TIMEOUT_MS });
  await projector.stop();
  return history;
};

export const verifyCases = (define: DefineCase): readonly ContractCase[] => [
  define('verifies the writes of the engine, in one pass and in many', async (context) => {
    const { store: reader } = await fill(context);
    for (const memoryBytesMax of [1_000_000, LITTLE_MEMORY]) {
      const { differences, isSame, documentsCompared } = await verifyProjection({ reader, hosted: hostedOn(context), memoryBytesMax });
      assert.deepEqual(differences, []);
      assert.ok(isSame && documentsCompared > 5);
    }
  }),

  define('names a changed, a missing and a surplus document', async (context) => {
    const { store: reader } = await fill(context);
    const hosted = hostedOn(context);
    const [changed, missing] = (await context.store.scan(ORDERS, 1, ORDERS, { limit: 2 })) as [[string, ContractOrder], [string, ContractOrder]];
    const session = await context.store.open(hosted.projection, 1);
    const { position, digest } = session.checkpoint;
    const upserts = new Map([
      [changed[0], { ...changed[1], total: '0.01' }],
      ['zzz', anOrder('zzz')],
    ]);
    await session.commit({ changes: [{ collection: ORDERS, upserts, deletes: [missing[0]] }], checkpoint: { from: position, to: position, digest } });
    const { differences, isSame } = await verifyProjection({ reader, hosted });
    assert.equal(isSame, false);
    assert.deepEqual(
      differences
        .map(({ key, kind, field, stored, expected }) => ({ key, kind, field, stored, expected }))
        .sort((left, right) => (left.key < right.key ? -1 : 1)),
      [
        { key: changed[0], kind: 'changed', field: 'total', stored: '0.01', expected: changed[1].total },
        { key: missing[0], kind: 'missing', field: undefined, stored: undefined, expected: missing[1] },
        { key: 'zzz', kind: 'surplus', field: undefined, stored: anOrder('zzz'), expected: undefined },
      ],
    );
  }),

  define('fills side generations with the fold up to a position, and leaves the serving one alone', async (context) => {
    const { store: reader } = await fill(context);
    const hosted = hostedOn(context);
    for (const place of [1n, 133n, BigInt(EVENTS)]) {
      const { number, checkpoint } = await fillSideGeneration({ reader, hosted, until: place as Position });
      assert.equal(checkpoint.position, place);
      assert.deepEqual((await verifyProjection({ reader, hosted, generation: number })).differences, []);
    }
    assert.deepEqual(
      (await context.store.generations(ORDERS)).map(({ state }) => state),
      ['serving', 'side', 'side', 'side'],
    );
    assert.ok((await verifyProjection({ reader, hosted })).isSame);
  }),
];
