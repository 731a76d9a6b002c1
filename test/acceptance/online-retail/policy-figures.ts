// What policies make of the ledger, beside figures that are computed from the documents alone, in another way.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { customer } from '#src/ledger/customer/customer.aggregate.js';
import { product } from '#src/ledger/product/product.aggregate.js';
import { loadAggregate } from '@mainstem/aggregate';
import type { EventReader } from '@mainstem/event-store';

/** An event of a document, of the data file or of the log. */
export interface DocumentEvent {
  readonly stream: string;
  readonly type: string;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Units bought minus returned by SKU, and the lines that were flagged. */
interface CustomerFigures {
  readonly balances: Readonly<Record<string, number>>;
  readonly flagged: readonly string[];
}

interface ProductFigures {
  readonly description: string | null;
  readonly prices: readonly (readonly [thousandths: number, at: string])[];
  readonly unitsSold: number;
  readonly unitsReturned: number;
  readonly unitsCorrected: number;
}

export interface PolicyFigures {
  readonly customers: ReadonlyMap<string, CustomerFigures>;
  readonly products: ReadonlyMap<string, ProductFigures>;
}

/** A line of a document, with what its header says. */
interface Row {
  readonly type: string;
  readonly document: string;
  readonly customerId: string | null;
  readonly line: number;
  readonly sku: string;
  readonly units: number;
  readonly description: string;
  readonly thousandths: number;
  readonly at: string;
}

export async function* eventsOfFile(file: string): AsyncGenerator<DocumentEvent> {
  const bytes = createReadStream(file);
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  for await (const line of createInterface({ input })) yield JSON.parse(line) as DocumentEvent;
}

/** Sorts all lines by customer and SKU, or by SKU alone, and then looks at each run of them. */
export const computedFigures = async (events: AsyncIterable<DocumentEvent> | Iterable<DocumentEvent>): Promise<PolicyFigures> => {
  const rows = await rowsOf(events);
  return { customers: customersOf(rows), products: productsOf(rows) };
};

const rowsOf = async (events: AsyncIterable<DocumentEvent> | Iterable<DocumentEvent>): Promise<readonly Row[]> => {
  const customerOf = new Map<string, string | null>();
  const rows: Row[] = [];
  for await (const { stream, type, at, data } of events) {
    if ('customerId' in data) customerOf.set(stream, data['customerId'] as string | null);
    if (!UNITS.has(type)) continue;
    rows.push({
      ...{ type, document: stream, at, customerId: customerOf.get(stream) ?? null },
      ...{ line: data['line'] as number, sku: data['sku'] as string, description: data['description'] as string },
      units: data[UNITS.get(type) ?? ''] as number,
      thousandths: Math.round(Number(data['unitPrice']) * 1_000),
    });
  }
  return rows;
};

const UNITS: ReadonlyMap<string, string> = new Map([
  ['OrderLineAdded', 'quantity'],
  ['CreditLineAdded', 'quantity'],
  ['StockAdjusted', 'quantityDelta'],
]);

const customersOf = (rows: readonly Row[]): ReadonlyMap<string, CustomerFigures> => {
  const customers = new Map<string, { readonly balances: Record<string, number>; readonly flagged: string[] }>();
  for (const run of groupsOf(rows, ({ customerId, sku }) => JSON.stringify([customerId, sku]))) {
    const { customerId, sku } = run[0] as Row;
    if (customerId === null) continue;
    const { balances, flagged } = customers.get(customerId) ?? { balances: {}, flagged: [] };
    customers.set(customerId, { balances, flagged });
    const changes = run.map(({ type, units }) => (type === 'OrderLineAdded' ? units : -units));
    balances[sku] = changes.reduce((sum, change) => sum + change, 0);
    // The balance behind a line that takes units away is below zero: it took more than there was.
    let balance = 0;
    changes.forEach((change, index) => {
      balance += change;
      if (change < 0 && balance < 0) flagged.push(nameOf(run[index] as Row));
    });
  }
  return customers;
};

const productsOf = (rows: readonly Row[]): ReadonlyMap<string, ProductFigures> => {
  const products = new Map<string, ProductFigures>();
  for (const run of groupsOf(rows, ({ sku }) => sku)) {
    const of = (type: string): readonly Row[] => run.filter((row) => row.type === type);
    const sales = of('OrderLineAdded');
    const sum = (some: readonly Row[]): number => some.reduce((total, { units }) => total + units, 0);
    products.set((run[0] as Row).sku, {
      description: sales.at(-1)?.description ?? null,
      prices: sales
        .filter(({ thousandths }, index) => thousandths !== sales[index - 1]?.thousandths)
        .map(({ thousandths, at }) => [thousandths, at] as const),
      unitsSold: sum(sales),
      unitsReturned: sum(of('CreditLineAdded')),
      unitsCorrected: sum(of('StockAdjusted')),
    });
  }
  return products;
};

/** In order within each group. */
const groupsOf = (rows: readonly Row[], key: (row: Row) => string): readonly (readonly Row[])[] => {
  const keyed = rows.filter(({ type }) => UNITS.has(type)).map((row, index) => ({ row, index, key: key(row) }));
  keyed.sort((left, right) => (left.key === right.key ? left.index - right.index : left.key < right.key ? -1 : 1));
  const groups: Row[][] = [];
  keyed.forEach((one, index) => {
    if (keyed[index - 1]?.key === one.key) groups.at(-1)?.push(one.row);
    else groups.push([one.row]);
  });
  return groups;
};

const nameOf = ({ document, line }: Pick<Row, 'document' | 'line'>): string => `${document}/${line}`;

/** As the aggregates have them, each folded from its stream. */
export const recordedFigures = async (reader: Pick<EventReader, 'readStream' | 'readAll'>): Promise<PolicyFigures> => {
  const customers = new Map<string, CustomerFigures>();
  const products = new Map<string, ProductFigures>();
  const { ids, flagged } = await streamsOf(reader);
  for (const id of ids.customer) {
    const { balances, flaggedReturns } = (await loadAggregate(reader, customer, id)).state;
    const lines = flagged.get(id) ?? [];
    if (lines.length !== flaggedReturns) throw new Error(`customer ${id} has ${flaggedReturns} flagged returns, and events of ${lines.join(', ')}`);
    customers.set(id, { balances: Object.fromEntries(balances), flagged: lines });
  }
  for (const id of ids.product) {
    const { prices, ...state } = (await loadAggregate(reader, product, id)).state;
    products.set(id, { ...state, prices: prices.map(({ unitPrice, at }) => [Math.round(Number(unitPrice) * 1_000), at] as const) });
  }
  return { customers, products };
};

const streamsOf = async (
  reader: Pick<EventReader, 'readAll'>,
): Promise<{
  readonly ids: Readonly<Record<'customer' | 'product', ReadonlySet<string>>>;
  readonly flagged: ReadonlyMap<string, readonly string[]>;
}> => {
  const ids = { customer: new Set<string>(), product: new Set<string>() };
  const flagged = new Map<string, string[]>();
  for await (const events of reader.readAll({ filter: { streamPrefixes: ['customer-', 'product-'] } })) {
    for (const { stream, type, data } of events) {
      const category = stream.startsWith('customer-') ? 'customer' : 'product';
      const id = stream.slice(category.length + 1);
      ids[category].add(id);
      if (type === 'ReturnExceededPurchases') flagged.set(id, [...(flagged.get(id) ?? []), nameOf(data as { document: string; line: number })]);
    }
  }
  return { ids, flagged };
};

/** Entries in order of the keys, the flagged lines sorted, for a comparison. */
export const inOrder = ({ customers, products }: PolicyFigures): object => ({
  customers: sorted(
    [...customers].map(([id, { balances, flagged }]) => [id, { balances: sorted(Object.entries(balances)), flagged: flagged.toSorted() }]),
  ),
  products: sorted([...products]),
});

const sorted = <Value>(entries: readonly (readonly [string, Value])[]): readonly (readonly [string, Value])[] =>
  entries.toSorted(([left], [right]) => (left < right ? -1 : 1));
