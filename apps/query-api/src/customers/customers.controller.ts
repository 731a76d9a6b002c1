// Customers over HTTP.
import type { Answer } from '@mainstem/nest';
import { Controller, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { GetFrom } from '../http/get-from.js';
import { KeyPipe } from '../http/key.pipe.js';
import { LIMIT_DEFAULT, PageQuery, type Page } from '../http/page.js';
import { PositionQuery } from '../http/position-query.js';
import { BALANCES, CUSTOMERS } from '../sources.js';
import { BalanceAnswer, CustomerAnswer, CustomerPage } from './customers.answers.js';
import { CustomersQueries } from './customers.queries.js';

@ApiTags('customers')
@Controller('api/customers')
export class CustomersController {
  constructor(private readonly queries: CustomersQueries) {}

  @GetFrom(CUSTOMERS, '', { summary: 'Customers, by number', answer: { type: CustomerPage } })
  customers(@Query() { limit = LIMIT_DEFAULT, cursor }: PageQuery): Promise<Answer<Page<CustomerAnswer>>> {
    return this.queries.list(limit, cursor);
  }

  @GetFrom(CUSTOMERS, ':id', { summary: 'One customer', answer: { type: CustomerAnswer }, hasKey: true })
  customer(@Param('id', KeyPipe) id: string, @Query() _: PositionQuery): Promise<Answer<CustomerAnswer>> {
    return this.queries.one(id);
  }

  @GetFrom(BALANCES, ':id/balance', { summary: 'Balance of one customer, from the cache', answer: { type: BalanceAnswer }, hasKey: true })
  balance(@Param('id', KeyPipe) id: string, @Query() _: PositionQuery): Promise<Answer<BalanceAnswer>> {
    return this.queries.balance(id);
  }
}
