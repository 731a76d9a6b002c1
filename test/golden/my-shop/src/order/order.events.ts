// Stored facts about an order. Never rename one: old events must still be read. A new field is optional.
import { defineEvents, type EventOf } from '@mainstem/event-store';
import { IsDecimal, Length } from 'class-validator';

export class OrderPlacedData {
  @Length(1, 200) customer!: string;
  @Length(1, 200) product!: string;
  @IsDecimal() total!: string;
}

export class OrderShippedData {}

export const orderEvents = defineEvents('order', {
  OrderPlaced: OrderPlacedData,
  OrderShipped: OrderShippedData,
});

export type OrderEvent = EventOf<typeof orderEvents>;
