// OpenSearch keeps the read store contract and the search contract.
import { describe } from 'vitest';
import { contractsOn } from './opensearch-contracts.js';
import { sharedNode } from './opensearch-nodes.js';

const url = await sharedNode();
describe.skipIf(url === undefined)('OpenSearch', () => contractsOn('3.3', () => url ?? ''));
