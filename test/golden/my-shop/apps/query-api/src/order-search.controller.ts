// Answers from order-search. A client that sends `?minPosition=` waits until the answer shows that position.
import type { OrderSearch } from '#apps/search-projector/src/order-search.projection.js';
import { SEARCH } from '#apps/read-models/src/read-stores.js';
import { ReadsFrom } from '@mainstem/nest';
import type { SearchQueries } from '@mainstem/projection';
import { Controller, Get, Inject, Query } from '@nestjs/common';

const HITS_MAX = 20;

@Controller('order-search')
export class OrderSearchController {
  constructor(@Inject(SEARCH) private readonly search: SearchQueries) {}

  /** All words of `q`, as whole words, in customer or product; the best match first. */
  @Get()
  @ReadsFrom(SEARCH, 'order-search')
  async find(@Query('q') q = '') {
    const { total, items, position } = await this.search.search<OrderSearch>('order-search', { query: q, limit: HITS_MAX });
    return { value: { total, items: items.map(({ document, highlight }) => ({ document, highlight })) }, position };
  }
}
