// Queries about customers.
import type { CustomerBalance } from '#apps/read-models/src/cache/customer-balance.document.js';
import { CACHE_READ_STORE, SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { CustomerProfile } from '#apps/read-models/src/sql/customer-profile.entity.js';
import { Customer } from '#apps/read-models/src/sql/sales-document.entity.js';
import { found, type Answer } from '@mainstem/nest';
import type { CacheQueries } from '@mainstem/projection';
import { Inject, Injectable } from '@nestjs/common';
import { In, MoreThan, type EntityManager } from 'typeorm';
import { pageOf, placeOf, type Page } from '../http/page.js';
import type { SqlReads } from '../read-stores.js';
import { CUSTOMERS } from '../sources.js';
import type { BalanceAnswer, CustomerAnswer } from './customers.answers.js';

const ORDER = 'customerId';

@Injectable()
export class CustomersQueries {
  constructor(
    @Inject(SQL_READ_STORE) private readonly sql: SqlReads,
    @Inject(CACHE_READ_STORE) private readonly cache: CacheQueries,
  ) {}

  /** Errors: READ_MODEL_KEY_UNKNOWN. */
  async one(customerId: string): Promise<Answer<CustomerAnswer>> {
    const answer = await this.sql.read(CUSTOMERS.projections, async (manager) => {
      const customer = await manager.getRepository(Customer).findOneBy({ customerId });
      return customer && answerOf(customer, await countriesOf(manager, [customer]));
    });
    return found(answer, 'customer', customerId);
  }

  /** By customer. */
  async list(limit: number, cursor: string | undefined): Promise<Answer<Page<CustomerAnswer>>> {
    const [after] = placeOf(cursor, ORDER, 'string') ?? [];
    return this.sql.read(CUSTOMERS.projections, async (manager) => {
      const where = after === undefined ? {} : { customerId: MoreThan(String(after)) };
      const customers = await manager.getRepository(Customer).find({ where, order: { customerId: 'ASC' }, take: limit + 1 });
      const countries = await countriesOf(manager, customers);
      return pageOf(
        customers,
        limit,
        (last) => [ORDER, last.customerId],
        (customer) => answerOf(customer, countries),
      );
    });
  }

  /** Errors: READ_MODEL_KEY_UNKNOWN. */
  async balance(customerId: string): Promise<Answer<BalanceAnswer>> {
    const { value, position } = found(await this.cache.get<CustomerBalance>('customer-balances', customerId), 'customer', customerId);
    const { orders, creditNotes, grossSales, creditedAmount, netSales } = value;
    return { value: { customerId, balance: netSales, orders, creditNotes, grossSales, creditedAmount, netSales }, position };
  }
}

type Countries = ReadonlyMap<string, readonly string[]>;

const countriesOf = async (manager: EntityManager, customers: readonly Customer[]): Promise<Countries> => {
  const profiles = await manager.getRepository(CustomerProfile).findBy({ customerId: In(customers.map(({ customerId }) => customerId)) });
  return new Map(profiles.map(({ customerId, countries }) => [customerId, countries]));
};

const answerOf = (customer: Customer, countries: Countries): CustomerAnswer => ({
  customerId: customer.customerId,
  orders: customer.orders,
  creditNotes: customer.creditNotes,
  grossSales: customer.grossSales,
  creditedAmount: customer.creditedAmount,
  netSales: customer.netSales,
  countries: countries.get(customer.customerId) ?? [],
  firstAt: customer.firstAt,
  lastAt: customer.lastAt,
});
