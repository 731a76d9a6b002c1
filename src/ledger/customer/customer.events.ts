// Stored facts about one customer: what documents say that it bought and returned.
import { defineEvents, type EventOf } from '@mainstem/event-store';
import { IsInt, IsNotEmpty, IsString, Min } from 'class-validator';

/** A line of an order. */
export class UnitsBoughtData {
  /** The document's stream. */
  @IsString() @IsNotEmpty() document!: string;
  @IsInt() @Min(1) line!: number;
  @IsString() @IsNotEmpty() sku!: string;
  @IsInt() @Min(1) quantity!: number;
}

/** A line of a credit note. */
export class UnitsReturnedData {
  @IsString() @IsNotEmpty() document!: string;
  @IsInt() @Min(1) line!: number;
  @IsString() @IsNotEmpty() sku!: string;
  @IsInt() @Min(1) quantity!: number;
}

/** A line of a credit note takes back more than the customer has bought, as far as the ledger knows. */
export class ReturnExceededPurchasesData {
  @IsString() @IsNotEmpty() document!: string;
  @IsInt() @Min(1) line!: number;
  @IsString() @IsNotEmpty() sku!: string;
  @IsInt() @Min(1) quantity!: number;
  /** Bought minus returned before this line; below zero after an earlier return of this kind. */
  @IsInt() balance!: number;
}

export const customerEvents = defineEvents('customer', {
  UnitsBought: UnitsBoughtData,
  UnitsReturned: UnitsReturnedData,
  ReturnExceededPurchases: ReturnExceededPurchasesData,
});
export type CustomerEvent = EventOf<typeof customerEvents>;
