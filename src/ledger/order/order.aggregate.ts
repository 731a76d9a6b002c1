// An order: one header, then lines numbered from 1 without gaps.
import { defineAggregate } from '@mainstem/aggregate';
import { assertNever } from '@mainstem/event-store';
import { documentNumberOf } from '../document-numbers.js';
import { PlaceOrder, type AddOrderLines, type OrderCommand, type OrderLine } from './order.commands.js';
import { OrderAlreadyPlaced, OrderNotPlaced } from './order.errors.js';
import { orderEvents, type OrderEvent } from './order.events.js';

export interface OrderState {
  readonly status: 'absent' | 'placed';
  /** The number of lines so far, which is the number of the last one. */
  readonly lines: number;
}

const initialState: OrderState = { status: 'absent', lines: 0 };

const evolve = (state: OrderState, event: OrderEvent): OrderState => {
  switch (event.type) {
    case 'OrderPlaced':
      return { ...state, status: 'placed' };
    case 'OrderLineAdded':
      return { ...state, lines: state.lines + 1 };
    default:
      return assertNever(event);
  }
};

const decide = (command: OrderCommand, state: OrderState): readonly OrderEvent[] =>
  command instanceof PlaceOrder ? place(command, state) : addLines(command, state);

const place = ({ orderNo, customerId = null, country, lines }: PlaceOrder, state: OrderState): readonly OrderEvent[] => {
  if (state.status === 'placed') throw new OrderAlreadyPlaced(orderNo);
  return [{ type: 'OrderPlaced', data: { orderNo, customerId, country } }, ...linesAdded(lines ?? [], 1)];
};

const addLines = ({ orderNo, lines }: AddOrderLines, state: OrderState): readonly OrderEvent[] => {
  if (state.status === 'absent') throw new OrderNotPlaced(orderNo);
  return linesAdded(lines, state.lines + 1);
};

const linesAdded = (lines: readonly OrderLine[], first: number): readonly OrderEvent[] =>
  lines.map(({ sku, description, quantity, unitPrice }, index) => ({
    type: 'OrderLineAdded',
    data: { line: first + index, sku, description, quantity, unitPrice },
  }));

/** Rules: one header, and it comes first; lines are numbered by the order; the customer and the country stay. */
export const order = defineAggregate({
  category: 'order',
  events: orderEvents,
  uniqueId: documentNumberOf('order'),
  initialState,
  evolve,
  decide,
});
