// The read store of the guide.
import { join } from 'node:path';
import { NdjsonReadStore } from '../../contract/ndjson-read-store/ndjson-read-store.js';
import { inItsFolder } from './store-under-test.js';

export const store = inItsFolder(async ({ dir }) => new NdjsonReadStore(join(dir, 'ndjson')));
