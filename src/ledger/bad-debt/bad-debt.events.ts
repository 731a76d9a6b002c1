// Stored facts about one correction for debts that will not be paid.
import { defineEvents, type EventOf } from '@mainstem/event-store';
import { IsInt, IsNotEmpty, IsString, Matches, Min, ValidateIf } from 'class-validator';
import { MONEY } from '../order/order.events.js';

export class BadDebtAdjustedData {
  @IsString() @IsNotEmpty() adjustmentNo!: string;
  /** From 1, without gaps. */
  @IsInt() @Min(1) line!: number;
  @IsString() @IsNotEmpty() sku!: string;
  @Matches(MONEY) amount!: string;
  @ValidateIf((adjustment: BadDebtAdjustedData) => adjustment.note !== null) @IsString() note!: string | null;
  @IsString() @IsNotEmpty() country!: string;
}

export const badDebtEvents = defineEvents('bad-debt', { BadDebtAdjusted: BadDebtAdjustedData });
export type BadDebtEvent = EventOf<typeof badDebtEvents>;
