// The embedded full-text index.
import { EmbeddedSearchStore } from '@mainstem/embedded';
import { inItsFolder } from './store-under-test.js';

export const store = inItsFolder(({ dir }) => EmbeddedSearchStore.open({ dir, collections: { tallies: { text: ['last', 'mood'] } } }));
