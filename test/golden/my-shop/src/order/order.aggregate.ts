// The rules of an order. Pure: no clock, no database, no framework.
import { defineAggregate } from '@mainstem/aggregate';
import type { OrderCommand, PlaceOrder, ShipOrder } from './order.commands.js';
import { OrderAlreadyPlaced, OrderNotPlaced } from './order.errors.js';
import { orderEvents, type OrderEvent } from './order.events.js';

/** What the rules need to know, and nothing else. */
export interface OrderState {
  readonly status: 'absent' | 'placed' | 'shipped';
}

const initialState: OrderState = { status: 'absent' };

/** The state after one more event. An event that is left out does not compile. */
const evolve = (state: OrderState, event: OrderEvent): OrderState => {
  switch (event.type) {
    case 'OrderPlaced':
      return { ...state, status: 'placed' };
    case 'OrderShipped':
      return { ...state, status: 'shipped' };
  }
};

/** The events that a command leads to: none if nothing changes; a refusal if a rule says no. */
const decisions = {
  PlaceOrder({ order, customer, product, total }: PlaceOrder, state: OrderState): readonly OrderEvent[] {
    if (state.status !== 'absent') throw new OrderAlreadyPlaced(order);
    return [{ type: 'OrderPlaced', data: { customer, product, total } }];
  },
  ShipOrder({ order }: ShipOrder, state: OrderState): readonly OrderEvent[] {
    if (state.status === 'absent') throw new OrderNotPlaced(order);
    if (state.status === 'shipped') return []; // a repeat is not an error
    return [{ type: 'OrderShipped', data: {} }];
  },
};

const decide = (command: OrderCommand, state: OrderState): readonly OrderEvent[] =>
  decisions[command.constructor.name as keyof typeof decisions](command as never, state);

export const order = defineAggregate({ category: 'order', events: orderEvents, initialState, evolve, decide });
