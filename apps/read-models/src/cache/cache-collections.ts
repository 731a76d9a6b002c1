// What the cache derives from its documents: the leaderboards.
import { customerBoards, documentBoards, monthlyBoards, productBoards } from './leaderboards.js';

/** By collection. The functions themselves, not wrapped: the store recognises by their text that a board was changed. */
export const cacheCollections = {
  'document-totals': { boards: documentBoards },
  'customer-balances': { boards: customerBoards },
  'product-cards': { boards: productBoards },
  'monthly-products': { boards: monthlyBoards },
};
