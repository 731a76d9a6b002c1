// In SQL: order list. One document for each order.
import { orderEvents } from '#src/order/order.events.js';
import { documentProjection } from '@mainstem/projection';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('order_list')
export class OrderList {
  @PrimaryColumn('text') stream!: string;
  @Column('text') status!: string;
  @Column('text', { nullable: true }) customer!: string | null;
  @Column('text', { nullable: true }) product!: string | null;
  @Column('text', { nullable: true }) total!: string | null;
}

export const orderListProjection = documentProjection({
  name: 'order-list',
  version: 1,
  document: OrderList,
  events: [orderEvents],
  key: (event) => event.stream,
  evolve: {
    OrderPlaced: (before, { stream, data }) => ({
      ...(before ?? blank(stream)),
      status: 'placed',
      customer: data.customer,
      product: data.product,
      total: data.total,
    }),
    OrderShipped: (before, { stream }) => ({ ...(before ?? blank(stream)), status: 'shipped' }),
  },
});

/** Before the first of its events. */
const blank = (stream: string): OrderList => ({ stream, status: 'unknown', customer: null, product: null, total: null });
