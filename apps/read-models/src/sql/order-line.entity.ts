// Read model of the lines of orders.
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('order_lines')
export class OrderLine {
  /** Stream and line number, padded so that text order is line order. */
  @PrimaryColumn('text') key!: string;
  @Column('text') stream!: string;
  @Column('integer') line!: number;
  @Column('text') sku!: string;
  @Column('text') description!: string;
  @Column('double precision') quantity!: number;
  @Column('text') unitPrice!: string;
  @Column('text') total!: string;
}

const LINE_DIGITS = 8;

/** Key of an order's line: all of one order lie together. */
export const orderLineKey = (stream: string, line: number): string => `${stream}/${String(line).padStart(LINE_DIGITS, '0')}`;
