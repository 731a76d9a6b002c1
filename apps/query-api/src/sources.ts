// The projections behind the answers.
import { CACHE_READ_STORE, SEARCH_READ_STORE, SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import type { ReadSource } from '@mainstem/nest';

const sql = (...projections: readonly string[]): ReadSource => ({ store: SQL_READ_STORE, projections });
const cache = (...projections: readonly string[]): ReadSource => ({ store: CACHE_READ_STORE, projections });

export const SALES_DOCUMENTS = sql('sales-documents');
export const ORDER_LINES = sql('sales-documents', 'order-lines');
export const CUSTOMERS = sql('sales-documents', 'customer-profiles');
export const PRODUCTS = sql('products');
export const TOTALS = sql('ledger-totals', 'sales-documents', 'products');
export const MONTHS = sql('sales-by-month');
export const VIOLATIONS = sql('violations');
export const CARDS = cache('product-cards');
export const BALANCES = cache('document-totals');
export const MONTHLY_BOARDS = cache('monthly-products');
/** A leaderboard may come from any of them. */
export const BOARDS = cache('document-totals', 'product-cards');
export const SEARCH: ReadSource = { store: SEARCH_READ_STORE, projections: ['product-texts'] };

const names = (...sources: readonly ReadSource[]): readonly string[] => [...new Set(sources.flatMap(({ projections }) => projections))];

/** All projections that some answer uses, by store. */
export const sqlProjectionsRead = names(SALES_DOCUMENTS, ORDER_LINES, CUSTOMERS, PRODUCTS, TOTALS, MONTHS, VIOLATIONS);
export const cacheProjectionsRead = names(CARDS, BALANCES, MONTHLY_BOARDS, BOARDS);
export const searchProjectionsRead = names(SEARCH);
