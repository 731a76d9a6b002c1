// The query API: a controller for each projection. Needs the read stores.
import { PositionModule } from '@mainstem/nest';
import { Module } from '@nestjs/common';
import { OrderListController } from './order-list.controller.js';
import { OrderSearchController } from './order-search.controller.js';
import { OrdersByCustomerController } from './orders-by-customer.controller.js';

@Module({
  imports: [PositionModule.forRoot()],
  controllers: [OrderListController, OrdersByCustomerController, OrderSearchController],
})
export class QueryApiModule {}
