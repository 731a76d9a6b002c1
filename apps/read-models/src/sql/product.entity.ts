// Read model of every SKU that occurs in any event.
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('products')
export class Product {
  @PrimaryColumn('text') sku!: string;
  /** The last one on an order line. */
  @Column('text', { nullable: true }) description!: string | null;
  @Column('double precision') unitsSold!: number;
  @Column('double precision') unitsReturned!: number;
  @Column('double precision') stockDelta!: number;
  @Column('text') grossRevenue!: string;
  @Column('text') creditedAmount!: string;
  @Column('integer') orderLines!: number;
  @Column('text', { nullable: true }) minPrice!: string | null;
  @Column('text', { nullable: true }) maxPrice!: string | null;
  @Column('text', { nullable: true }) firstSoldAt!: string | null;
  @Column('text', { nullable: true }) lastSoldAt!: string | null;
  /** True if the SKU has occurred only on bad debt adjustments: it is no goods, but it is listed. */
  @Column('boolean') isBadDebtOnly!: boolean;
  /** All different ones on order and credit lines, in order of appearance. */
  @Column('simple-json') descriptions!: readonly string[];
}
