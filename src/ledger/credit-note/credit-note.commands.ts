// The commands of a credit note.
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsOptional, ValidateNested } from 'class-validator';
import { IsCountry, IsDescription, IsDocumentNo, IsLines, IsPositivePrice, IsQuantity, IsSku, IsTextOrNull, LINES_MAX } from '../document-rules.js';

export const CREDIT_NO = /^C[0-9A-Za-z._-]{1,39}$/;

const IsCreditNo = (): PropertyDecorator =>
  IsDocumentNo('the number of a credit note: C, then up to 39 letters, digits, dots, dashes', 'C536379', CREDIT_NO);

/** One line of a command; the credit note numbers it. */
export class CreditLine {
  @IsSku() sku!: string;
  @IsDescription() description!: string;
  /** The returned quantity, as a positive number. */
  @IsQuantity() quantity!: number;
  @IsPositivePrice() unitPrice!: string;
}

/** Issues a credit note, with or without its first lines. */
export class IssueCreditNote {
  @IsCreditNo() creditNo!: string;
  @IsTextOrNull('Customer; left out or null for a sale over the counter', '17850', 50) customerId?: string | null;
  @IsCountry() country!: string;

  @ApiPropertyOptional({ type: [CreditLine], maxItems: LINES_MAX })
  @IsOptional()
  @IsLines(0)
  @ValidateNested({ each: true })
  @Type(() => CreditLine)
  lines?: readonly CreditLine[] | null;
}

/** Adds lines to an issued credit note. */
export class AddCreditLines {
  @IsCreditNo() creditNo!: string;

  @ApiProperty({ type: [CreditLine], minItems: 1, maxItems: LINES_MAX })
  @IsLines(1)
  @ValidateNested({ each: true })
  @Type(() => CreditLine)
  lines!: readonly CreditLine[];
}

export type CreditNoteCommand = IssueCreditNote | AddCreditLines;
