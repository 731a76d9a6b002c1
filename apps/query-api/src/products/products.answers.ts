// Answers about products.
import { ApiProperty } from '@nestjs/swagger';

const MONEY = { type: 'string', example: '2.550', description: 'Pounds sterling with three places.' } as const;
const PRICE = { ...MONEY, nullable: true, description: 'Over order lines; null without one.' } as const;
const TIME = { type: 'string', nullable: true, description: 'Of an order line; null without one.' } as const;

export class ProductAnswer {
  @ApiProperty({ example: '85123A' }) sku!: string;
  @ApiProperty({ type: 'string', nullable: true, description: 'The last one on an order line.' }) description!: string | null;
  @ApiProperty({ type: 'integer' }) unitsSold!: number;
  @ApiProperty({ type: 'integer' }) unitsReturned!: number;
  @ApiProperty({ type: 'integer' }) stockDelta!: number;
  @ApiProperty(MONEY) grossRevenue!: string;
  @ApiProperty(MONEY) creditedAmount!: string;
  @ApiProperty({ type: 'integer' }) orderLines!: number;
  @ApiProperty(PRICE) minPrice!: string | null;
  @ApiProperty(PRICE) maxPrice!: string | null;
  @ApiProperty(TIME) firstSoldAt!: string | null;
  @ApiProperty(TIME) lastSoldAt!: string | null;
  @ApiProperty({ type: 'integer', description: 'Number of different descriptions on order and credit lines.' }) descriptions!: number;
}

export class ProductPage {
  @ApiProperty({ type: [ProductAnswer] }) items!: readonly ProductAnswer[];
  @ApiProperty({ type: 'string', nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}

export class CardAnswer {
  @ApiProperty({ example: '85123A' }) sku!: string;
  @ApiProperty({ type: 'string', nullable: true, description: 'The last one on an order line.' }) description!: string | null;
  @ApiProperty({ ...PRICE, description: 'On the last order line; null without one.' }) price!: string | null;
  @ApiProperty({ type: 'integer' }) unitsSold!: number;
  @ApiProperty({ type: 'integer' }) unitsReturned!: number;
  @ApiProperty(MONEY) grossRevenue!: string;
  @ApiProperty(TIME) lastSoldAt!: string | null;
}
