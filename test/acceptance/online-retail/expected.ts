// The independently computed results that come with the data, and their comparison with the answers of the API.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

export const DATA = new URL('../../../data/online-retail/', import.meta.url).pathname;
export const FULL_FILE = `${DATA}events.ndjson.gz`;
export const SAMPLE_FILE = `${DATA}sample.ndjson`;

type Place = readonly [key: string, value: string | number];
type Fields = Readonly<Record<string, unknown>>;

export interface Checkpoint extends Fields {
  readonly at: string;
  readonly orders: number;
  readonly creditNotes: number;
}

/** Figures of the full file or of the sample; the sample has fewer. */
export interface Figures {
  readonly events: number;
  readonly streams: number;
  readonly eventsByType: Readonly<Record<string, number>>;
  readonly totals: Fields;
  readonly salesByMonth?: Fields;
  readonly salesByCountry: Fields;
  readonly topSkusByUnitsSold: readonly Place[];
  readonly topSkusByGrossRevenue?: readonly Place[];
  readonly topCustomersByNetSales: readonly Place[];
  readonly topCustomersByOrders?: readonly Place[];
  readonly topOrdersByTotal?: readonly Place[];
  readonly violations: Readonly<Record<string, number>>;
  readonly search?: Readonly<Record<string, { readonly count: number; readonly skus: readonly string[] }>>;
  readonly checkpoints: Readonly<Record<string, Checkpoint>>;
  readonly orders?: Readonly<Record<string, readonly unknown[]>>;
  readonly ordersColumns?: readonly string[];
  readonly customers?: Readonly<Record<string, Fields>>;
  readonly products?: Readonly<Record<string, Fields>>;
}

const file = JSON.parse(readFileSync(`${DATA}expected.json`, 'utf8')) as Figures & { readonly sample: Figures };

export const fullFigures: Figures = file;
export const sampleFigures: Figures = file.sample;

/** The question of a test: the answer of a route below /api. */
export interface Api {
  get<Answer>(path: string): Promise<Answer>;
}

/** Compares every figure with the answers of SQL, cache and search. */
export const expectFigures = async (api: Api, figures: Figures): Promise<void> => {
  await expectLedger(api, figures);
  await expectLeaderboards(api, figures);
  await expectDetails(api, figures);
  await expectSearch(api, figures);
};

/** Compares the known figures at one place of the file, before anything after it was recorded. */
export const expectCheckpoint = async (api: Api, seq: number, { at, orders, creditNotes, ...totals }: Checkpoint): Promise<void> => {
  const answer = await api.get<Figures['totals'] & { readonly eventsByType: Readonly<Record<string, number>> }>('totals');
  expect(answer).toMatchObject({ events: seq, lastAt: at, ...totals });
  expect(answer.eventsByType).toMatchObject({ OrderPlaced: orders, CreditNoteIssued: creditNotes });
};

const expectLedger = async (
  api: Api,
  { totals, events, streams, eventsByType, salesByMonth, salesByCountry, violations }: Figures,
): Promise<void> => {
  expect(await api.get('totals')).toEqual({ ...totals, events, streams, eventsByType });
  if (salesByMonth) expect(await api.get('sales-by-month')).toEqual(salesByMonth);
  const countries = await api.get<Fields>('sales-by-country');
  expect(countries).toMatchObject(salesByCountry);
  expect(Object.keys(countries)).toHaveLength(totals['countries'] as number);
  expect(await api.get('violations')).toMatchObject(violations);
};

const BOARDS = {
  'skus-by-units-sold': 'topSkusByUnitsSold',
  'skus-by-gross-revenue': 'topSkusByGrossRevenue',
  'customers-by-net-sales': 'topCustomersByNetSales',
  'customers-by-orders': 'topCustomersByOrders',
  'orders-by-total': 'topOrdersByTotal',
} as const;

const expectLeaderboards = async (api: Api, figures: Figures): Promise<void> => {
  for (const [board, field] of Object.entries(BOARDS)) {
    const places = figures[field];
    if (places) expect(await api.get(`leaderboards/${board}?limit=${places.length}`), board).toEqual(places);
  }
};

const expectDetails = async (api: Api, { orders = {}, ordersColumns = [], customers = {}, products = {} }: Figures): Promise<void> => {
  for (const [stream, values] of Object.entries(orders)) {
    const order = await api.get<Fields>(`orders/${stream}`);
    expect(
      ordersColumns.map((column) => order[column]),
      stream,
    ).toEqual(values);
  }
  for (const [id, fields] of Object.entries(customers)) {
    expect(await api.get(`customers/${id}`)).toEqual({ customerId: id, ...fields });
    expect(await api.get(`customers/${id}/balance`)).toMatchObject({ balance: fields['netSales'], orders: fields['orders'] });
  }
  for (const [sku, fields] of Object.entries(products)) {
    expect(await api.get(`products/${encodeURIComponent(sku)}`)).toEqual({ sku, ...fields });
    const { description, unitsSold, unitsReturned, grossRevenue } = fields;
    expect(await api.get(`products/${encodeURIComponent(sku)}/card`)).toMatchObject({ description, unitsSold, unitsReturned, grossRevenue });
  }
};

const expectSearch = async (api: Api, { search = {} }: Figures): Promise<void> => {
  for (const [query, { count, skus }] of Object.entries(search)) {
    const { total, items } = await api.get<{ total: number; items: readonly { sku: string }[] }>(
      `search/products?limit=1000&q=${encodeURIComponent(query)}`,
    );
    expect(total, query).toBe(count);
    const found = items.map(({ sku }) => sku).sort();
    expect(found.slice(0, skus.length), query).toEqual(skus);
    expect(found, query).toHaveLength(count);
  }
};
