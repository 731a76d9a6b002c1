// What the search index makes searchable.
import type { SearchCollections } from '@mainstem/projection';

/** By collection. */
export const searchCollections: SearchCollections = { 'product-texts': { text: ['descriptions'], filters: ['sku'] } };
