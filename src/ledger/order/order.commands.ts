// The commands of an order.
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsOptional, ValidateNested } from 'class-validator';
import { IsCountry, IsDescription, IsDocumentNo, IsLines, IsPrice, IsQuantity, IsSku, IsTextOrNull, LINES_MAX } from '../document-rules.js';

const IsOrderNo = (): PropertyDecorator => IsDocumentNo('an order number: up to 40 letters, digits, dots, dashes', '536365');

/** One line of a command; the order numbers it. */
export class OrderLine {
  @IsSku() sku!: string;
  @IsDescription() description!: string;
  @IsQuantity() quantity!: number;
  /** May be zero: free goods. */
  @IsPrice() unitPrice!: string;
}

/** Opens an order, with or without its first lines. */
export class PlaceOrder {
  @IsOrderNo() orderNo!: string;
  @IsTextOrNull('Customer; left out or null for a sale over the counter', '17850', 50) customerId?: string | null;
  @IsCountry() country!: string;

  @ApiPropertyOptional({ type: [OrderLine], maxItems: LINES_MAX })
  @IsOptional()
  @IsLines(0)
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  lines?: readonly OrderLine[] | null;
}

/** Adds lines to a placed order. */
export class AddOrderLines {
  @IsOrderNo() orderNo!: string;

  @ApiProperty({ type: [OrderLine], minItems: 1, maxItems: LINES_MAX })
  @IsLines(1)
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  lines!: readonly OrderLine[];
}

export type OrderCommand = PlaceOrder | AddOrderLines;
