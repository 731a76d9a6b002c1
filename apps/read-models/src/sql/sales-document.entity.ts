// Read models of orders and credit notes, and of their sums by customer and by country.
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type SalesDocumentKind = 'order' | 'credit';

/** One order or credit note. Money has three places; times are ISO 8601 in UTC. */
@Entity('sales_documents')
export class SalesDocument {
  @PrimaryColumn('text') stream!: string;
  @Column('text') kind!: SalesDocumentKind;
  @Index() @Column('text', { nullable: true }) customerId!: string | null;
  @Column('text') country!: string;
  @Column('integer') lines!: number;
  @Column('double precision') units!: number;
  @Column('text') total!: string;
  /** The total in whole thousandths, to sort by. */
  @Index() @Column('double precision') totalScore!: number;
  /** Time of the first event. */
  @Column('text') firstAt!: string;
  /** Time of the last event, lines included. */
  @Column('text') lastAt!: string;
}

/** The sums of a customer's documents. */
@Entity('customers')
export class Customer {
  @PrimaryColumn('text') customerId!: string;
  @Column('integer') orders!: number;
  @Column('integer') creditNotes!: number;
  @Column('text') grossSales!: string;
  @Column('text') creditedAmount!: string;
  @Column('text') netSales!: string;
  @Column('text') firstAt!: string;
  @Column('text') lastAt!: string;
}

/** The sums of a country's documents. */
@Entity('sales_by_country')
export class CountrySales {
  @PrimaryColumn('text') country!: string;
  @Column('integer') orders!: number;
  @Column('integer') creditNotes!: number;
  @Column('text') grossSales!: string;
  @Column('text') creditedAmount!: string;
  @Column('text') netSales!: string;
}
