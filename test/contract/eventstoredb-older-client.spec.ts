// The adapter's suites once more with EventStoreDB's own client package, as where KurrentDB's is not installed.
import { describe } from 'vitest';
import { withOlderClient } from './eventstoredb/client-of-tests.js';

describe('with the older client, the contract', () => withOlderClient(() => import('./eventstoredb-event-store.spec.js')));
describe('with the older client, the adapter', () => withOlderClient(() => import('./eventstoredb-adapter.spec.js')));
describe('with the older client, other servers', () => withOlderClient(() => import('./eventstoredb-other-servers.spec.js')));
