// The query side of the shop ledger. Needs the read stores and `RUNTIME` from global modules.
import { PositionModule } from '@mainstem/nest';
import { Module } from '@nestjs/common';
import { CustomersController } from './customers/customers.controller.js';
import { CustomersQueries } from './customers/customers.queries.js';
import { LeaderboardsController } from './leaderboards/leaderboards.controller.js';
import { LeaderboardsQueries } from './leaderboards/leaderboards.queries.js';
import { OrdersController } from './orders/orders.controller.js';
import { OrdersQueries } from './orders/orders.queries.js';
import { ProductsController } from './products/products.controller.js';
import { ProductsQueries } from './products/products.queries.js';
import { SalesController } from './sales/sales.controller.js';
import { SalesQueries } from './sales/sales.queries.js';
import { SearchController } from './search/search.controller.js';
import { ViolationsController } from './violations/violations.controller.js';
import { ViolationsQueries } from './violations/violations.queries.js';

@Module({
  imports: [PositionModule.forRoot()],
  controllers: [
    SalesController,
    OrdersController,
    CustomersController,
    ProductsController,
    LeaderboardsController,
    SearchController,
    ViolationsController,
  ],
  providers: [SalesQueries, OrdersQueries, CustomersQueries, ProductsQueries, LeaderboardsQueries, ViolationsQueries],
})
export class QueryApiModule {}
