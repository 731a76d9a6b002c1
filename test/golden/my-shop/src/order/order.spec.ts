// An order: an example for each rule.
import { given } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { order } from './order.aggregate.js';
import { PlaceOrder, ShipOrder } from './order.commands.js';
import { OrderAlreadyPlaced, OrderNotPlaced } from './order.errors.js';
import type { OrderEvent } from './order.events.js';

const placed: OrderEvent = { type: 'OrderPlaced', data: { customer: 'a customer', product: 'a product', total: '12.50' } };
const shipped: OrderEvent = { type: 'OrderShipped', data: {} };

const placeOrder = Object.assign(new PlaceOrder(), { order: '1', ...placed.data });
const shipOrder = Object.assign(new ShipOrder(), { order: '1', ...shipped.data });

describe('an order', () => {
  it('is placed once', () => {
    given(order, []).when(placeOrder).then([placed]);
    given(order, [placed]).when(placeOrder).thenRefuses(OrderAlreadyPlaced);
  });

  it('is shipped only after it was placed', () => {
    given(order, [placed]).when(shipOrder).then([shipped]);
    given(order, []).when(shipOrder).thenRefuses(OrderNotPlaced);
    given(order, [placed, shipped]).when(shipOrder).thenNothing();
  });
});
