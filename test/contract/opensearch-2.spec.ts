// The older OpenSearch keeps the same contracts, on a private node: a share of the cases in every run, all with FULL=1.
import { afterAll, beforeAll, describe } from 'vitest';
import { contractsOn } from './opensearch-contracts.js';
import { type OpenSearchNode, startOlderNode } from './opensearch-nodes.js';

const START_TIMEOUT_MS = 300_000;
/** The adapter is the same as on the newer one, which shows every case. */
const SHARE = 6;

// Where the node of the newer version could not be had, neither can this one be.
describe.skipIf(process.env['OPENSEARCH_URL'] === undefined && !process.env['CI'])('OpenSearch 2', () => {
  let node: OpenSearchNode | undefined;
  beforeAll(async () => void (node = await startOlderNode()), START_TIMEOUT_MS);
  afterAll(async () => node?.stop(), START_TIMEOUT_MS);
  contractsOn('2.19', () => node?.url ?? '', { share: process.env['FULL'] ? 1 : SHARE });
});
