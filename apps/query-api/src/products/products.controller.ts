// Products over HTTP.
import type { Answer } from '@mainstem/nest';
import { Controller, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { GetFrom } from '../http/get-from.js';
import { KeyPipe } from '../http/key.pipe.js';
import { LIMIT_DEFAULT, PageQuery, type Page } from '../http/page.js';
import { PositionQuery } from '../http/position-query.js';
import { CARDS, PRODUCTS } from '../sources.js';
import { CardAnswer, ProductAnswer, ProductPage } from './products.answers.js';
import { ProductsQueries } from './products.queries.js';

@ApiTags('products')
@Controller('api/products')
export class ProductsController {
  constructor(private readonly queries: ProductsQueries) {}

  @GetFrom(PRODUCTS, '', { summary: 'Every SKU that occurs in any event', answer: { type: ProductPage } })
  products(@Query() { limit = LIMIT_DEFAULT, cursor }: PageQuery): Promise<Answer<Page<ProductAnswer>>> {
    return this.queries.list(limit, cursor);
  }

  @GetFrom(PRODUCTS, ':sku', { summary: 'One product', answer: { type: ProductAnswer }, hasKey: true })
  product(@Param('sku', KeyPipe) sku: string, @Query() _: PositionQuery): Promise<Answer<ProductAnswer>> {
    return this.queries.one(sku);
  }

  @GetFrom(CARDS, ':sku/card', { summary: 'What a product page shows, from the cache', answer: { type: CardAnswer }, hasKey: true })
  card(@Param('sku', KeyPipe) sku: string, @Query() _: PositionQuery): Promise<Answer<CardAnswer>> {
    return this.queries.card(sku);
  }
}
