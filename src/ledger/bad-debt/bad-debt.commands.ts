// The commands of a bad debt.
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { IsCountry, IsDocumentNo, IsLines, IsMoney, IsSku, IsTextOrNull, LINES_MAX } from '../document-rules.js';

export const BAD_DEBT_NO = /^A[0-9A-Za-z._-]{1,39}$/;

/** One line of a command; the adjustment numbers it. */
export class BadDebtLine {
  @IsSku() sku!: string;
  /** The change of the books; negative is a loss. */
  @IsMoney() amount!: string;
  @IsTextOrNull('Why', 'Adjust bad debt', 1_000) note?: string | null;
}

/** Corrects the books for debts that will not be paid; a repeat of the number adds further lines. */
export class AdjustBadDebt {
  @IsDocumentNo('the number of a bad debt: A, then up to 39 letters, digits, dots, dashes', 'A563185', BAD_DEBT_NO) adjustmentNo!: string;
  @IsCountry() country!: string;

  @ApiProperty({ type: [BadDebtLine], minItems: 1, maxItems: LINES_MAX })
  @IsLines(1)
  @ValidateNested({ each: true })
  @Type(() => BadDebtLine)
  lines!: readonly BadDebtLine[];
}
