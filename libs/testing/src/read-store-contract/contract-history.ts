// A seeded history of the contract's shop and its expected read model, folded here without the engine.
import { InMemoryEventStore, streamOf, type EventId, type NewEvent, type RecordedEvent, type StreamName } from '@mainstem/event-store';
import { fromCents, toCents, type ContractOrder, type ContractTotal } from './contract-projection.js';

/** Events in an in-memory store, as they were written. */
export interface ContractHistory {
  readonly events: readonly RecordedEvent[];
  readonly store: InMemoryEventStore;
}

const COUNTRIES = ['GB', 'FR', 'Ελλάδα', '日本', '__proto__'];
const ORDERS_OPEN_MAX = 40;

/** `count` events from a seed: orders are opened, extended, moved, closed and reopened; some events are unwanted. */
export const contractHistory = async (count: number, seed = 1): Promise<ContractHistory> => {
  const store = new InMemoryEventStore();
  const random = randomOf(seed);
  const open = new Set<number>();
  for (let index = 0; index < count; index++) {
    const order = Math.floor(random() * ORDERS_OPEN_MAX);
    const event = eventAt(index, order, open, random);
    await store.append(streamOf('contract', `№${order}`), [event], { expectedRevision: 'any' });
  }
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return { events, store };
};

/** The expected read model after these events, by key. */
export const foldPlainly = (
  events: readonly RecordedEvent[],
  version = 1,
): { orders: Map<string, ContractOrder>; totals: Map<string, ContractTotal> } => {
  const orders = new Map<string, ContractOrder>();
  for (const event of events) foldOne(orders, event, version);
  const totals = new Map<string, ContractTotal>();
  for (const country of new Set([...orders.values()].map((order) => order.country))) {
    totals.set(
      country,
      totalOf(
        country,
        [...orders.values()].filter((order) => order.country === country),
      ),
    );
  }
  return { orders, totals };
};

/** Every possible key of the read model for these events. */
export const keysOf = (events: readonly RecordedEvent[]): { orders: string[]; totals: string[] } => ({
  orders: [...new Set<string>(events.map((event) => event.stream))],
  totals: COUNTRIES,
});

const foldOne = (orders: Map<string, ContractOrder>, { stream, type, data }: RecordedEvent, version: number): void => {
  const order = orders.get(stream);
  const payload = data as { customer: string | null; country: string; amount: string; tag: string };
  if (type === 'OrderOpened') {
    const { customer, country } = payload;
    orders.set(stream, { stream, customer, country, lines: 0, total: '0.00', tags: [], details: { version } });
  } else if (type === 'OrderClosed') {
    orders.delete(stream);
  } else if (order && type === 'LineAdded') {
    const total = fromCents(toCents(order.total) + toCents(payload.amount));
    orders.set(stream, { ...order, lines: order.lines + 1, total, tags: [...order.tags, payload.tag].slice(-3) });
  } else if (order && type === 'OrderMoved') {
    orders.set(stream, { ...order, country: payload.country });
  }
};

const totalOf = (country: string, orders: readonly ContractOrder[]): ContractTotal => {
  const customers = orders.map((order) => order.customer).filter((customer) => customer !== null);
  return {
    country,
    orders: orders.length,
    lines: orders.reduce((sum, order) => sum + order.lines, 0),
    total: fromCents(orders.reduce((sum, order) => sum + toCents(order.total), 0n)),
    firstCustomer: customers.sort()[0] ?? null,
    linesMax: Math.max(...orders.map((order) => order.lines)),
  };
};

const eventAt = (index: number, order: number, open: Set<number>, random: () => number): NewEvent => {
  const choice = random();
  if (choice < 0.1) return newEvent(index, 'SomethingElse', { index });
  const country = COUNTRIES[Math.floor(random() * COUNTRIES.length)] ?? 'GB';
  if (!open.has(order)) {
    open.add(order);
    return newEvent(index, 'OrderOpened', { customer: choice < 0.3 ? null : `c${Math.floor(random() * 9)}`, country });
  }
  if (choice < 0.2) return newEvent(index, 'OrderMoved', { country });
  if (choice < 0.3) {
    open.delete(order);
    return newEvent(index, 'OrderClosed', {});
  }
  return newEvent(index, 'LineAdded', { amount: fromCents(BigInt(Math.floor(random() * 1e15)) - 10n ** 14n), tag: `étiquette ${index} 🏷` });
};

const newEvent = (index: number, type: string, data: object): NewEvent => ({ id: contractEventId(index), type, data, metadata: {} });

/** A different id for each number, the same in every run. */
export const contractEventId = (index: number): EventId => `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}` as EventId;

export const contractStream = (id: string): StreamName => streamOf('contract', id);

/** Linear congruential generator (Numerical Recipes); good enough to choose among a few events. */
const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};
