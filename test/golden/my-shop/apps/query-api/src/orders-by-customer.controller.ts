// Answers from orders-by-customer. A client that sends `?minPosition=` waits until the answer shows that position.
import type { OrdersByCustomer } from '#apps/cache-projector/src/orders-by-customer.projection.js';
import { CACHE } from '#apps/read-models/src/read-stores.js';
import { ReadsFrom, type Answer } from '@mainstem/nest';
import type { CacheQueries } from '@mainstem/projection';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { found } from './found.js';

const PLACES_MAX = 10;

@Controller('orders-by-customer')
export class OrdersByCustomerController {
  constructor(@Inject(CACHE) private readonly cache: CacheQueries) {}

  /** The leaderboard: the highest count first. */
  @Get()
  @ReadsFrom(CACHE, 'orders-by-customer')
  async top(): Promise<Answer<OrdersByCustomer[]>> {
    const { value, position } = await this.cache.top<OrdersByCustomer>('orders-by-customer', 'count', { limit: PLACES_MAX });
    return { value: value.map(({ document }) => document), position };
  }

  @Get(':customer')
  @ReadsFrom(CACHE, 'orders-by-customer')
  async one(@Param('customer') key: string): Promise<Answer<OrdersByCustomer>> {
    return found(await this.cache.get<OrdersByCustomer>('orders-by-customer', key), key);
  }
}
