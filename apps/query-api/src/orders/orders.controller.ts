// Orders and credit notes over HTTP.
import type { Answer } from '@mainstem/nest';
import { Controller, Param, Query } from '@nestjs/common';
import { ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { GetFrom } from '../http/get-from.js';
import { IsKey, KeyPipe } from '../http/key.pipe.js';
import { LIMIT_DEFAULT, PageQuery, type Page } from '../http/page.js';
import { PositionQuery } from '../http/position-query.js';
import { ORDER_LINES, SALES_DOCUMENTS } from '../sources.js';
import { OrderLineAnswer, SalesDocumentAnswer, SalesDocumentPage } from './orders.answers.js';
import { OrdersQueries, type DocumentOrder } from './orders.queries.js';

const SORTS: readonly DocumentOrder[] = ['stream', '-total'];

export class DocumentListQuery extends PageQuery {
  @ApiPropertyOptional() @IsOptional() @IsKey() customerId?: string;
  @ApiPropertyOptional() @IsOptional() @IsKey() country?: string;
  @ApiPropertyOptional({ enum: SORTS, default: 'stream' }) @IsOptional() @IsIn(SORTS) sort?: DocumentOrder;
}

@ApiTags('orders')
@Controller('api')
export class OrdersController {
  constructor(private readonly queries: OrdersQueries) {}

  @GetFrom(SALES_DOCUMENTS, 'orders', { summary: 'Orders, by stream name or by total', answer: { type: SalesDocumentPage } })
  orders(@Query() query: DocumentListQuery): Promise<Answer<Page<SalesDocumentAnswer>>> {
    return this.queries.list({ sort: 'stream', limit: LIMIT_DEFAULT, ...query, kind: 'order' });
  }

  @GetFrom(SALES_DOCUMENTS, 'orders/:stream', { summary: 'One order', answer: { type: SalesDocumentAnswer }, hasKey: true })
  order(@Param('stream', KeyPipe) stream: string, @Query() _: PositionQuery): Promise<Answer<SalesDocumentAnswer>> {
    return this.queries.one('order', stream);
  }

  @GetFrom(ORDER_LINES, 'orders/:stream/lines', { summary: 'All lines of an order, by number', answer: { type: [OrderLineAnswer] }, hasKey: true })
  lines(@Param('stream', KeyPipe) stream: string, @Query() _: PositionQuery): Promise<Answer<readonly OrderLineAnswer[]>> {
    return this.queries.lines(stream);
  }

  @GetFrom(SALES_DOCUMENTS, 'credits', { summary: 'Credit notes, by stream name or by total', answer: { type: SalesDocumentPage } })
  credits(@Query() query: DocumentListQuery): Promise<Answer<Page<SalesDocumentAnswer>>> {
    return this.queries.list({ sort: 'stream', limit: LIMIT_DEFAULT, ...query, kind: 'credit' });
  }

  @GetFrom(SALES_DOCUMENTS, 'credits/:stream', { summary: 'One credit note', answer: { type: SalesDocumentAnswer }, hasKey: true })
  credit(@Param('stream', KeyPipe) stream: string, @Query() _: PositionQuery): Promise<Answer<SalesDocumentAnswer>> {
    return this.queries.one('credit', stream);
  }
}
