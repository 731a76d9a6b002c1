// The SQL read store keeps the read store contract, on each of its databases.
import { readStoreContract, registerContract } from '@mainstem/testing';
import type { SqlTransaction } from '@mainstem/sql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, it } from 'vitest';
import { sqlFixtures } from './sql-fixtures.js';

/** Totals of orders have any number of places, which MariaDB has no type for. */
const orderFor = (database: string) => {
  @Entity('contract_orders')
  class Order {
    @PrimaryColumn('text') stream!: string;
    @Column('text', { nullable: true }) customer!: string | null;
    @Column('text') country!: string;
    @Column('integer') lines!: number;
    @Column(database === 'MariaDB' ? 'text' : 'numeric') total!: string;
    @Column('jsonb') tags!: unknown;
    @Column('json', { nullable: true }) details!: unknown;
  }
  return Order;
};

@Entity('contract_totals')
class Total {
  @PrimaryColumn('text') country!: string;
  @Column('integer') orders!: number;
  @Column('integer') lines!: number;
  @Column({ type: 'numeric', precision: 20, scale: 2 }) total!: string;
  @Column('text', { nullable: true }) firstCustomer!: string | null;
  @Column('integer', { nullable: true }) linesMax!: number | null;
}

for (const { name, make } of await sqlFixtures()) {
  const Order = orderFor(name);
  const suite = readStoreContract<SqlTransaction>({
    name: `sql on ${name}`,
    documents: { orders: Order, totals: Total },
    create: async () => {
      const fixture = await make();
      const store = await fixture.open([Order, Total]);
      const readDocument = async (collection: string, key: string) => {
        if ((await store.generations('contract-orders')).length === 0) return undefined;
        const { value } = await store.read(['contract-orders'], async (manager) =>
          collection === 'contract-orders' ? await manager.findOneBy(Order, { stream: key }) : await manager.findOneBy(Total, { country: key }),
        );
        return value ? { ...value } : undefined;
      };
      return { store, readDocument, dispose: () => fixture.remove() };
    },
    transaction: {
      find: async (transaction, collection, key) => (await transaction.find(collection, [key])).get(key),
      upsert: (transaction, collection, _key, document) => transaction.upsert(collection, [document]),
    },
  });
  registerContract(suite, { describe, it });
}
