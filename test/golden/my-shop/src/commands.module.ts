// The command side: handlers and routes of all aggregates.
import { CommandModule } from '@mainstem/nest';
import { Module } from '@nestjs/common';
import { aggregates } from './aggregates.js';
import { OrderController } from './order/order.controller.js';
import { orderHandlers } from './order/order.handlers.js';

@Module({
  imports: [CommandModule.forRoot({ aggregates })],
  controllers: [OrderController],
  providers: [...orderHandlers],
})
export class CommandsModule {}
