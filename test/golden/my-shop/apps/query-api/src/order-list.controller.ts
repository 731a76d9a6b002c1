// Answers from order-list. A client that sends `?minPosition=` waits until the answer shows that position.
import { OrderList } from '#apps/sql-projector/src/order-list.projection.js';
import { ReadsFrom, type Answer } from '@mainstem/nest';
import { SqlReadStore } from '@mainstem/sql';
import { Controller, Get, Param } from '@nestjs/common';
import { found } from './found.js';

const DOCUMENTS_MAX = 100;

@Controller('order-list')
export class OrderListController {
  constructor(private readonly sql: SqlReadStore) {}

  @Get()
  @ReadsFrom(SqlReadStore, 'order-list')
  all(): Promise<Answer<OrderList[]>> {
    return this.sql.read(['order-list'], (manager) => manager.find(OrderList, { order: { stream: 'ASC' }, take: DOCUMENTS_MAX }));
  }

  @Get(':stream')
  @ReadsFrom(SqlReadStore, 'order-list')
  async one(@Param('stream') key: string): Promise<Answer<OrderList>> {
    return found(await this.sql.read(['order-list'], (manager) => manager.findOneBy(OrderList, { stream: key })), key);
  }
}
