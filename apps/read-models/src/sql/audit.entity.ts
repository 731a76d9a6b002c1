// The memory of the ledger's audit, with which it judges the next event. No query reads these tables.
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('audit_streams')
export class AuditedStream {
  @PrimaryColumn('text') stream!: string;
  @Column('text', { nullable: true }) customerId!: string | null;
  @Column('text') firstAt!: string;
  /** By SKU, in order of appearance: quantity, price and description of each different line. */
  @Column('simple-json') lines!: readonly (readonly [sku: string, lines: readonly string[]])[];
}

@Entity('audit_customers')
export class AuditedCustomer {
  @PrimaryColumn('text') customerId!: string;
  /** From the latest document. */
  @Column('text') country!: string;
  /** Units bought minus units returned, by exact SKU; may be below zero. */
  @Column('simple-json') balances!: readonly (readonly [sku: string, balance: number])[];
}

@Entity('audit_skus')
export class AuditedSku {
  @PrimaryColumn('text') sku!: string;
  @Column('double precision') unitsSold!: number;
  @Column('double precision') unitsReturned!: number;
  /** All different ones on order and credit lines, in order of appearance. */
  @Column('simple-json') descriptions!: readonly string[];
}

/** SKUs that are the same in upper case. */
@Entity('audit_spellings')
export class AuditedSpelling {
  @PrimaryColumn('text') upperCase!: string;
  @Column('simple-json') spellings!: readonly string[];
}

/** The one row about the ledger as a whole. */
@Entity('audit_ledger')
export class AuditedLedger {
  @PrimaryColumn('text') ledger!: string;
  /** Stream of the latest event. */
  @Column('text') lastStream!: string;
}
