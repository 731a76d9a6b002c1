// Search over HTTP.
import type { ProductText } from '#apps/read-models/src/search/product-text.document.js';
import { SEARCH_READ_STORE } from '#apps/read-models/src/read-stores.js';
import type { Answer } from '@mainstem/nest';
import type { SearchQueries } from '@mainstem/projection';
import { Controller, Inject, Query } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { GetFrom } from '../http/get-from.js';
import { IsKey } from '../http/key.pipe.js';
import { LIMIT_DEFAULT, PageQuery } from '../http/page.js';
import { SEARCH } from '../sources.js';

const SKUS_MAX = 100;

export class ProductSearchQuery extends PageQuery {
  @ApiProperty({ description: 'All of these words, as whole words.', example: 'white metal lantern' })
  @IsString()
  @IsNotEmpty()
  q!: string;

  @ApiPropertyOptional({ type: 'boolean', default: false, description: 'The last word may be the beginning of a word: search as you type.' })
  @IsOptional()
  @Transform(({ value }: { readonly value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean({ message: 'prefix must be true or false' })
  prefix?: boolean;

  @ApiPropertyOptional({ type: [String], description: 'Only these SKUs; may be repeated.', example: ['85123A'] })
  @IsOptional()
  @Transform(({ value }: { readonly value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray({ message: 'sku must be a SKU, or several' })
  @ArrayMaxSize(SKUS_MAX)
  @IsKey({ each: true })
  sku?: readonly string[];
}

export class ProductHit {
  @ApiProperty() sku!: string;
  @ApiProperty({ type: 'string', nullable: true, description: 'The last one on an order line.' }) description!: string | null;
  @ApiProperty({ description: 'The best matching text, as escaped HTML with <mark> around the found words.' }) highlight!: string;
  @ApiProperty({ type: 'number', description: 'The best match has the highest score; scores are comparable within one answer.' }) score!: number;
}

export class ProductHits {
  @ApiProperty({ type: 'integer', description: 'On all pages.' }) total!: number;
  @ApiProperty({ type: [ProductHit] }) items!: readonly ProductHit[];
  @ApiProperty({ type: 'string', nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}

@ApiTags('search')
@Controller('api/search')
export class SearchController {
  constructor(@Inject(SEARCH_READ_STORE) private readonly search: SearchQueries) {}

  @GetFrom(SEARCH, 'products', { summary: 'Products by the words of their descriptions, best first', answer: { type: ProductHits } })
  async products(@Query() { q, limit = LIMIT_DEFAULT, cursor, prefix, sku }: ProductSearchQuery): Promise<Answer<ProductHits>> {
    const { total, items, next, position } = await this.search.search<ProductText>('product-texts', {
      query: q,
      limit,
      cursor,
      isPrefix: prefix,
      ...(sku && { filters: { sku } }),
    });
    const hits = items.map(({ key, document, highlight, score }) => ({ sku: key, description: document.description, highlight, score }));
    return { value: { total, items: hits, next: next ?? null }, position };
  }
}
