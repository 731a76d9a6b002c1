// The projection of the read store contract: events of a small shop, orders as documents, totals by country as roll-up.
import { defineEvents } from '@mainstem/event-store';
import {
  count,
  decimalSum,
  documentProjection,
  max,
  min,
  partitioned,
  rollUp,
  sum,
  type DocumentClass,
  type DocumentProjection,
} from '@mainstem/projection';

export class OrderOpenedData {
  customer!: string | null;
  country!: string;
}
export class LineAddedData {
  amount!: string;
  tag!: string;
}
export class OrderMovedData {
  country!: string;
}
export class OrderClosedData {}

export const contractEvents = defineEvents('contract', {
  OrderOpened: OrderOpenedData,
  LineAdded: LineAddedData,
  OrderMoved: OrderMovedData,
  OrderClosed: OrderClosedData,
});

/** Collections of the contract: the documents, and their roll-up. */
export const ORDERS = 'contract-orders';
export const TOTALS = 'contract-totals';

/**
 * A document of `contract-orders`. SQL: `stream` is the primary column, `tags` and `details` are JSON, `lines` a
 * number.
 */
export interface ContractOrder {
  /** The key. */
  readonly stream: string;
  readonly customer: string | null;
  readonly country: string;
  readonly lines: number;
  /** A decimal string with two places; a floating-point number may not hold it. */
  readonly total: string;
  /** Strings and lists of strings. */
  readonly tags: readonly (string | readonly string[])[];
  /** Any JSON object. */
  readonly details: object | null;
}

/** A document of `contract-totals`. In SQL `country` is the primary column, numbers are integers, the rest is text. */
export interface ContractTotal {
  /** The key. */
  readonly country: string;
  readonly orders: number;
  readonly lines: number;
  readonly total: string;
  readonly firstCustomer: string | null;
  readonly linesMax: number | null;
}

/** Classes that name the fields of the two shapes; for SQL they are entities. */
export interface ContractDocuments {
  readonly orders: DocumentClass;
  readonly totals: DocumentClass;
}

/** Classes for stores without columns. */
export class PlainOrder {}
export class PlainTotal {}
export const plainDocuments: ContractDocuments = { orders: PlainOrder, totals: PlainTotal };

/** The projection under test. Another version has another fingerprint and marks its documents. */
export const contractProjection = (documents: ContractDocuments, version = 1): DocumentProjection => {
  const orders = documents.orders as DocumentClass<ContractOrder>;
  return documentProjection({
    name: ORDERS,
    version,
    document: orders,
    events: [contractEvents],
    key: (event) => event.stream,
    evolve: {
      OrderOpened: (_, { stream, data }) => ({ stream, ...data, lines: 0, total: '0.00', tags: [], details: { version } }),
      LineAdded: (order, { data }) =>
        order && { ...order, lines: order.lines + 1, total: plus(order.total, data.amount), tags: [...order.tags, data.tag].slice(-3) },
      OrderMoved: (order, { data }) => order && { ...order, country: data.country },
      OrderClosed: () => null,
    },
    rollUps: [
      rollUp(orders, {
        name: TOTALS,
        document: documents.totals as DocumentClass<ContractTotal>,
        keyField: 'country',
        groupBy: (order) => order.country,
        measures: {
          orders: count(),
          lines: sum((order) => order.lines),
          total: decimalSum(2, (order) => order.total),
          firstCustomer: min((order) => order.customer),
          linesMax: max((order) => order.lines),
        },
      }),
    ],
  });
};

/** The same documents without the roll-up, in this many parts. */
export const splitProjection = (documents: ContractDocuments, partitions: number): DocumentProjection => {
  const { collections, ...whole } = contractProjection(documents);
  return partitioned({ ...whole, rollUps: [], collections: collections.filter(({ name }) => name === ORDERS) }, partitions);
};

/** Adds decimal strings with two places. */
const plus = (left: string, right: string): string => fromCents(toCents(left) + toCents(right));

export const toCents = (text: string): bigint => BigInt(text.replace('.', ''));

export const fromCents = (cents: bigint): string => {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
