// Queries about products.
import type { ProductCard } from '#apps/read-models/src/cache/product-card.document.js';
import { CACHE_READ_STORE, SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { Product } from '#apps/read-models/src/sql/product.entity.js';
import { found, type Answer } from '@mainstem/nest';
import type { CacheQueries } from '@mainstem/projection';
import { Inject, Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { pageOf, placeOf, type Page } from '../http/page.js';
import type { SqlReads } from '../read-stores.js';
import { PRODUCTS } from '../sources.js';
import type { CardAnswer, ProductAnswer } from './products.answers.js';

const ORDER = 'sku';

@Injectable()
export class ProductsQueries {
  constructor(
    @Inject(SQL_READ_STORE) private readonly sql: SqlReads,
    @Inject(CACHE_READ_STORE) private readonly cache: CacheQueries,
  ) {}

  /** Errors: READ_MODEL_KEY_UNKNOWN. */
  async one(sku: string): Promise<Answer<ProductAnswer>> {
    const answer = await this.sql.read(PRODUCTS.projections, async (manager) => {
      const product = await manager.getRepository(Product).findOneBy({ sku });
      return product && answerOf(product);
    });
    return found(answer, 'product', sku);
  }

  /** By SKU. */
  async list(limit: number, cursor: string | undefined): Promise<Answer<Page<ProductAnswer>>> {
    const [after] = placeOf(cursor, ORDER, 'string') ?? [];
    return this.sql.read(PRODUCTS.projections, async (manager) => {
      const where = after === undefined ? {} : { sku: MoreThan(String(after)) };
      const products = await manager.getRepository(Product).find({ where, order: { sku: 'ASC' }, take: limit + 1 });
      return pageOf(products, limit, (last) => [ORDER, last.sku], answerOf);
    });
  }

  /** Errors: READ_MODEL_KEY_UNKNOWN. */
  async card(sku: string): Promise<Answer<CardAnswer>> {
    return found(await this.cache.get<ProductCard>('product-cards', sku), 'product', sku);
  }
}

const answerOf = ({ descriptions, isBadDebtOnly: _, ...product }: Product): ProductAnswer => ({ ...product, descriptions: descriptions.length });
