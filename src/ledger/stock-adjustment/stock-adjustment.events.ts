// Stored facts about one stock correction: found, damaged, thrown away.
import { defineEvents, type EventOf } from '@mainstem/event-store';
import { IsInt, IsNotEmpty, IsString, Min, NotEquals, ValidateIf } from 'class-validator';

export class StockAdjustedData {
  @IsString() @IsNotEmpty() adjustmentNo!: string;
  /** From 1, without gaps. */
  @IsInt() @Min(1) line!: number;
  @IsString() @IsNotEmpty() sku!: string;
  /** Up or down, never zero. */
  @IsInt() @NotEquals(0) quantityDelta!: number;
  @ValidateIf((adjustment: StockAdjustedData) => adjustment.note !== null) @IsString() note!: string | null;
  @IsString() @IsNotEmpty() country!: string;
}

export const stockAdjustmentEvents = defineEvents('stock-adjustment', { StockAdjusted: StockAdjustedData });
export type StockAdjustmentEvent = EventOf<typeof stockAdjustmentEvents>;
