// The embedded cache.
import { EmbeddedCacheStore } from '@mainstem/embedded';
import { inItsFolder } from './store-under-test.js';
import type { Tally } from './told-documents.js';

const boards = ({ amount, mood }: Tally) => [{ board: `amount:${mood}`, score: amount }];

export const store = inItsFolder(({ dir }) => EmbeddedCacheStore.open({ dir, collections: { tallies: { boards } } }));
