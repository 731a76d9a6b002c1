// The commands of a stock adjustment.
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { IsCountry, IsDocumentNo, IsLines, IsQuantityDelta, IsSku, IsTextOrNull, LINES_MAX } from '../document-rules.js';

/** One line of a command; the adjustment numbers it. */
export class StockAdjustmentLine {
  @IsSku() sku!: string;
  @IsQuantityDelta() quantityDelta!: number;
  @IsTextOrNull('Why', 'damaged', 1_000) note?: string | null;
}

/** Corrects the stock; a repeat of the number adds further lines. */
export class AdjustStock {
  @IsDocumentNo('the number of an adjustment: up to 40 letters, digits, dots, dashes', '536589') adjustmentNo!: string;
  @IsCountry() country!: string;

  @ApiProperty({ type: [StockAdjustmentLine], minItems: 1, maxItems: LINES_MAX })
  @IsLines(1)
  @ValidateNested({ each: true })
  @Type(() => StockAdjustmentLine)
  lines!: readonly StockAdjustmentLine[];
}
