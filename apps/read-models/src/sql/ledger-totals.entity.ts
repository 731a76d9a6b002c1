// Read model of the whole ledger in one document.
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Key of the only document. */
export const LEDGER = 'all';

@Entity('ledger_totals')
export class LedgerTotals {
  @PrimaryColumn('text') ledger!: string;
  @Column('double precision') streams!: number;
  @Column('double precision') ordersPlaced!: number;
  @Column('double precision') orderLinesAdded!: number;
  @Column('double precision') creditNotesIssued!: number;
  @Column('double precision') creditLinesAdded!: number;
  @Column('double precision') stockAdjustments!: number;
  @Column('double precision') badDebtAdjustments!: number;
  @Column('text') grossSales!: string;
  @Column('text') creditedAmount!: string;
  @Column('text') badDebt!: string;
  @Column('double precision') unitsSold!: number;
  @Column('double precision') unitsReturned!: number;
  @Column('double precision') stockAdjustedUp!: number;
  @Column('double precision') stockAdjustedDown!: number;
  @Column('text') firstAt!: string;
  @Column('text') lastAt!: string;
}
