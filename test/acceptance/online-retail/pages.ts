// Everything that the API returns, page by page.
import type { Api } from './expected.js';

const PAGES_MAX = 1_000;

/** All items of a list, in pages of `limit`. */
export const everyPage = async (api: Api, path: string, limit: number): Promise<readonly unknown[]> => {
  const items: unknown[] = [];
  let cursor = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const separator = path.includes('?') ? '&' : '?';
    const answer = await api.get<{ items?: readonly unknown[]; ids?: readonly unknown[]; next: string | null }>(
      `${path}${separator}limit=${limit}${cursor}`,
    );
    items.push(...(answer.items ?? answer.ids ?? []));
    if (answer.next === null) return items;
    cursor = `&cursor=${answer.next}`;
  }
  throw new Error(`${path} has more than ${PAGES_MAX} pages`);
};

const LISTS = ['orders', 'credits', 'customers', 'products', 'orders?sort=-total'];
const BOARDS = [
  'skus-by-units-sold',
  'skus-by-gross-revenue',
  'skus-by-units-returned',
  'customers-by-net-sales',
  'customers-by-orders',
  'orders-by-total',
];
/** The searched words; each is an entry of the answers. */
export const WORDS: readonly string[] = ['red', 'set', 'heart'];
const LIMIT = 1_000;

/** The content of all read models, by route. */
export const everyAnswer = async (api: Api): Promise<Readonly<Record<string, unknown>>> => {
  const answers: Record<string, unknown> = {};
  for (const path of ['totals', 'sales-by-month', 'sales-by-country', 'violations']) answers[path] = await api.get(path);
  for (const path of LISTS) answers[path] = await everyPage(api, path, LIMIT);
  for (const rule of Object.keys(answers['violations'] as object)) answers[rule] = await everyPage(api, `violations/${rule}`, LIMIT);
  for (const board of BOARDS) answers[board] = await api.get(`leaderboards/${board}?limit=${LIMIT}`);
  for (const month of Object.keys(answers['sales-by-month'] as object))
    answers[month] = await api.get(`leaderboards/skus-by-units-sold/${month}?limit=${LIMIT}`);
  for (const word of WORDS) answers[word] = await everyPage(api, `search/products?q=${word}`, LIMIT);
  return answers;
};
