// Orders over HTTP. The answer's `Mainstem-Position` lets a query wait for what the command has changed.
import type { CommandContext } from '@mainstem/aggregate';
import { CommandAnswerInterceptor, CommandContextOf, commandFrom, withContext } from '@mainstem/nest';
import { Body, Controller, Param, Post, UseInterceptors } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { PlaceOrder, ShipOrder } from './order.commands.js';

@Controller('orders/:order')
@UseInterceptors(CommandAnswerInterceptor)
export class OrderController {
  constructor(private readonly bus: CommandBus) {}

  @Post('place')
  placeOrder(@Param() path: { order: string }, @Body() body: unknown, @CommandContextOf() context: CommandContext) {
    return this.bus.execute(withContext(commandFrom(PlaceOrder, body, path), context));
  }

  @Post('ship')
  shipOrder(@Param() path: { order: string }, @CommandContextOf() context: CommandContext) {
    return this.bus.execute(withContext(commandFrom(ShipOrder, {}, path), context));
  }
}
