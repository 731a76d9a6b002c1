// Answers about the ledger as a whole, its months and its countries.
import { ApiProperty } from '@nestjs/swagger';

const MONEY = { type: 'string', example: '37436.260', description: 'Pounds sterling with three places.' } as const;
const TIME = { type: 'string', nullable: true, example: '2010-12-01T08:26:00Z' } as const;

export class TotalsAnswer {
  @ApiProperty(MONEY) grossSales!: string;
  @ApiProperty(MONEY) creditedAmount!: string;
  @ApiProperty(MONEY) netSales!: string;
  @ApiProperty(MONEY) badDebt!: string;
  @ApiProperty({ type: 'integer' }) unitsSold!: number;
  @ApiProperty({ type: 'integer' }) unitsReturned!: number;
  @ApiProperty({ type: 'integer' }) stockAdjustedUp!: number;
  @ApiProperty({ type: 'integer' }) stockAdjustedDown!: number;
  @ApiProperty({ type: 'integer' }) distinctCustomers!: number;
  @ApiProperty({ type: 'integer', description: 'On order lines, credit lines and stock adjustments.' }) distinctSkus!: number;
  @ApiProperty({ type: 'integer' }) distinctSkusSold!: number;
  @ApiProperty({ type: 'integer' }) countries!: number;
  @ApiProperty(TIME) firstAt!: string | null;
  @ApiProperty(TIME) lastAt!: string | null;
  @ApiProperty({ type: 'integer' }) events!: number;
  @ApiProperty({ type: 'integer' }) streams!: number;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, description: 'Types that have occurred.' })
  eventsByType!: Readonly<Record<string, number>>;
}

export class CountrySalesAnswer {
  @ApiProperty({ type: 'integer' }) orders!: number;
  @ApiProperty({ type: 'integer' }) creditNotes!: number;
  @ApiProperty(MONEY) grossSales!: string;
  @ApiProperty(MONEY) creditedAmount!: string;
  @ApiProperty(MONEY) netSales!: string;
}

export class MonthSalesAnswer extends CountrySalesAnswer {
  @ApiProperty({ type: 'integer' }) unitsSold!: number;
  @ApiProperty({ type: 'integer' }) unitsReturned!: number;
}
