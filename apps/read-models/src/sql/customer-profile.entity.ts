// Read model of what a customer's documents reveal about the customer.
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('customer_profiles')
export class CustomerProfile {
  @PrimaryColumn('text') customerId!: string;
  /** In the order of the customer's documents, a new entry at each change. */
  @Column('simple-json') countries!: readonly string[];
}
