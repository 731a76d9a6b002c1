// A customer: units bought minus units returned, by SKU.
import { defineAggregate } from '@mainstem/aggregate';
import { assertNever } from '@mainstem/event-store';
import { RecordReturn, type CustomerCommand } from './customer.commands.js';
import { customerEvents, type CustomerEvent } from './customer.events.js';

export interface CustomerState {
  /** Units bought minus units returned, by SKU; upper and lower case are different ones. */
  readonly balances: ReadonlyMap<string, number>;
  /** Lines of credit notes that took back more than was bought. */
  readonly flaggedReturns: number;
}

const initialState: CustomerState = { balances: new Map(), flaggedReturns: 0 };

const evolve = (state: CustomerState, event: CustomerEvent): CustomerState => {
  switch (event.type) {
    case 'UnitsBought':
      return { ...state, balances: changed(state, event.data.sku, event.data.quantity) };
    case 'UnitsReturned':
      return { ...state, balances: changed(state, event.data.sku, -event.data.quantity) };
    case 'ReturnExceededPurchases':
      return { ...state, flaggedReturns: state.flaggedReturns + 1 };
    default:
      return assertNever(event);
  }
};

const balanceOf = ({ balances }: CustomerState, sku: string): number => balances.get(sku) ?? 0;

const changed = (state: CustomerState, sku: string, by: number): ReadonlyMap<string, number> =>
  new Map(state.balances).set(sku, balanceOf(state, sku) + by);

const decide = (command: CustomerCommand, state: CustomerState): readonly CustomerEvent[] => {
  const { document, line, sku, quantity } = command;
  const data = { document, line, sku, quantity };
  if (!(command instanceof RecordReturn)) return [{ type: 'UnitsBought', data }];
  const balance = balanceOf(state, sku);
  const returned: CustomerEvent = { type: 'UnitsReturned', data };
  return quantity > balance ? [returned, { type: 'ReturnExceededPurchases', data: { ...data, balance } }] : [returned];
};

/**
 * Rule: no customer returns more than it bought. Documents are facts, and some are older than the ledger: a return that
 * breaks the rule is recorded and flagged, not refused.
 */
export const customer = defineAggregate({ category: 'customer', events: customerEvents, initialState, evolve, decide });
