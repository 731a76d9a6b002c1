// Answers about orders and credit notes.
import { ApiProperty } from '@nestjs/swagger';

const MONEY = { type: 'string', example: '139.120', description: 'Pounds sterling with three places.' } as const;

export class SalesDocumentAnswer {
  @ApiProperty({ example: 'order-536365' }) stream!: string;
  @ApiProperty({ type: 'string', nullable: true, example: '17850' }) customerId!: string | null;
  @ApiProperty() country!: string;
  @ApiProperty({ type: 'integer' }) lines!: number;
  @ApiProperty({ type: 'integer' }) units!: number;
  @ApiProperty(MONEY) total!: string;
}

export class SalesDocumentPage {
  @ApiProperty({ type: [SalesDocumentAnswer] }) items!: readonly SalesDocumentAnswer[];
  @ApiProperty({ type: 'string', nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}

export class OrderLineAnswer {
  @ApiProperty({ type: 'integer' }) line!: number;
  @ApiProperty() sku!: string;
  @ApiProperty() description!: string;
  @ApiProperty({ type: 'integer' }) quantity!: number;
  @ApiProperty(MONEY) unitPrice!: string;
  @ApiProperty(MONEY) total!: string;
}
