// Orders over HTTP.
import type { CommandContext, CommandResult } from '@mainstem/aggregate';
import { CommandContextOf, commandFrom, withContext } from '@mainstem/nest';
import { Body, Controller, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiCommand, ApiLines } from '../ledger-api.js';
import { AddOrderLines, OrderLine, PlaceOrder } from './order.commands.js';

@ApiTags('orders')
@Controller('api/orders')
export class OrderController {
  constructor(private readonly commandBus: CommandBus) {}

  @Post()
  @ApiOperation({ summary: 'Place an order, with or without its first lines' })
  @ApiBody({ type: PlaceOrder })
  @ApiCommand()
  place(@Body() body: unknown, @CommandContextOf() context: CommandContext): Promise<CommandResult> {
    return this.commandBus.execute(withContext(commandFrom(PlaceOrder, body), context));
  }

  @Post(':orderNo/lines')
  @ApiOperation({ summary: 'Add lines to an order' })
  @ApiLines(OrderLine)
  @ApiCommand()
  addLines(@Param('orderNo') orderNo: string, @Body() body: unknown, @CommandContextOf() context: CommandContext): Promise<CommandResult> {
    return this.commandBus.execute(withContext(commandFrom(AddOrderLines, body, { orderNo }), context));
  }
}
