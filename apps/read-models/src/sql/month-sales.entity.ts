// Read model of what happened in a month.
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('sales_by_month')
export class MonthSales {
  /** Year and month, 2010-12. */
  @PrimaryColumn('text') month!: string;
  @Column('integer') orders!: number;
  @Column('integer') creditNotes!: number;
  @Column('text') grossSales!: string;
  @Column('text') creditedAmount!: string;
  @Column('double precision') unitsSold!: number;
  @Column('double precision') unitsReturned!: number;
}
