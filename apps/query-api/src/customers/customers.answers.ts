// Answers about customers.
import { ApiProperty } from '@nestjs/swagger';

const MONEY = { type: 'string', example: '5391.210', description: 'Pounds sterling with three places.' } as const;

export class CustomerAnswer {
  @ApiProperty({ example: '17850' }) customerId!: string;
  @ApiProperty({ type: 'integer' }) orders!: number;
  @ApiProperty({ type: 'integer' }) creditNotes!: number;
  @ApiProperty(MONEY) grossSales!: string;
  @ApiProperty(MONEY) creditedAmount!: string;
  @ApiProperty(MONEY) netSales!: string;
  @ApiProperty({ type: [String], description: "In order of the customer's documents, a new entry at each change." }) countries!: readonly string[];
  @ApiProperty({ description: "Time of the first event of the customer's documents." }) firstAt!: string;
  @ApiProperty({ description: "Time of the last event of the customer's documents." }) lastAt!: string;
}

export class CustomerPage {
  @ApiProperty({ type: [CustomerAnswer] }) items!: readonly CustomerAnswer[];
  @ApiProperty({ type: 'string', nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}

export class BalanceAnswer {
  @ApiProperty({ example: '17850' }) customerId!: string;
  @ApiProperty({ ...MONEY, description: 'The sum of all documents of the customer: gross sales minus credits.' }) balance!: string;
  @ApiProperty({ type: 'integer' }) orders!: number;
  @ApiProperty({ type: 'integer' }) creditNotes!: number;
  @ApiProperty(MONEY) grossSales!: string;
  @ApiProperty(MONEY) creditedAmount!: string;
  @ApiProperty({ ...MONEY, description: 'The balance, under its name in the SQL read model.' }) netSales!: string;
}
