// What the search index makes searchable.

/** By collection. */
export const searchCollections = { 'product-texts': { text: ['descriptions'] } };
