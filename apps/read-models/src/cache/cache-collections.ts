// What the cache derives from its documents: leaderboards.
import { customerBoards, documentBoards, monthlyBoards, productBoards } from './leaderboards.js';

/** By collection. The functions are not wrapped: the store recognises a changed board by their source text. */
export const cacheCollections = {
  'document-totals': { boards: documentBoards },
  'customer-balances': { boards: customerBoards },
  'product-cards': { boards: productBoards },
  'monthly-products': { boards: monthlyBoards },
};
