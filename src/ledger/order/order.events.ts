// Stored facts about one order. Add optional fields; never rename: old events must still decode.
import { defineEvents, type EventOf } from '@mainstem/event-store';
import { IsInt, IsNotEmpty, IsString, Matches, Min, ValidateIf } from 'class-validator';

/** A sum of money: a decimal string with at most three places, in pounds sterling. */
export const MONEY = /^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,3})?$/;
/** The same, but not negative. */
export const PRICE = /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,3})?$/;

export class OrderPlacedData {
  @IsString() @IsNotEmpty() orderNo!: string;
  /** Null for a sale over the counter without a known customer. */
  @ValidateIf((order: OrderPlacedData) => order.customerId !== null) @IsString() @IsNotEmpty() customerId!: string | null;
  @IsString() @IsNotEmpty() country!: string;
}

export class OrderLineAddedData {
  /** From 1, without gaps. */
  @IsInt() @Min(1) line!: number;
  @IsString() @IsNotEmpty() sku!: string;
  @IsString() description!: string;
  @IsInt() @Min(1) quantity!: number;
  @Matches(PRICE) unitPrice!: string;
}

export const orderEvents = defineEvents('order', { OrderPlaced: OrderPlacedData, OrderLineAdded: OrderLineAddedData });
export type OrderEvent = EventOf<typeof orderEvents>;
