// Stored facts about one product: what documents say of its SKU.
import { defineEvents, type EventOf } from '@mainstem/event-store';
import { IsInt, IsNotEmpty, IsString, Matches, Min, NotEquals } from 'class-validator';
import { PRICE } from '../order/order.events.js';

export class UnitsSoldData {
  /** The document's stream. */
  @IsString() @IsNotEmpty() document!: string;
  @IsInt() @Min(1) line!: number;
  @IsInt() @Min(1) quantity!: number;
}

export class UnitsReturnedData {
  @IsString() @IsNotEmpty() document!: string;
  @IsInt() @Min(1) line!: number;
  @IsInt() @Min(1) quantity!: number;
}

export class StockCorrectedData {
  @IsString() @IsNotEmpty() document!: string;
  @IsInt() @Min(1) line!: number;
  /** Up or down, never zero. */
  @IsInt() @NotEquals(0) quantityDelta!: number;
}

/** An order calls the product something else than the order before it. */
export class DescriptionChangedData {
  @IsString() description!: string;
}

/** An order has another price than the order before it. */
export class PriceChangedData {
  @Matches(PRICE) unitPrice!: string;
  /** When the line was added, ISO 8601 in UTC. */
  @IsString() @IsNotEmpty() at!: string;
}

export const productEvents = defineEvents('product', {
  UnitsSold: UnitsSoldData,
  UnitsReturned: UnitsReturnedData,
  StockCorrected: StockCorrectedData,
  DescriptionChanged: DescriptionChangedData,
  PriceChanged: PriceChangedData,
});
export type ProductEvent = EventOf<typeof productEvents>;
