// Stored facts about one credit note: returned goods, or refunded money.
import { defineEvents, type EventOf } from '@mainstem/event-store';
import { IsInt, IsNotEmpty, IsString, Matches, Min, ValidateIf } from 'class-validator';
import { PRICE } from '../order/order.events.js';

export class CreditNoteIssuedData {
  @IsString() @IsNotEmpty() creditNo!: string;
  @ValidateIf((note: CreditNoteIssuedData) => note.customerId !== null) @IsString() @IsNotEmpty() customerId!: string | null;
  @IsString() @IsNotEmpty() country!: string;
}

export class CreditLineAddedData {
  /** From 1, without gaps. */
  @IsInt() @Min(1) line!: number;
  @IsString() @IsNotEmpty() sku!: string;
  @IsString() description!: string;
  /** The returned quantity, as a positive number. */
  @IsInt() @Min(1) quantity!: number;
  /** Above zero. */
  @Matches(PRICE) unitPrice!: string;
}

export const creditNoteEvents = defineEvents('credit', { CreditNoteIssued: CreditNoteIssuedData, CreditLineAdded: CreditLineAddedData });
export type CreditNoteEvent = EventOf<typeof creditNoteEvents>;
