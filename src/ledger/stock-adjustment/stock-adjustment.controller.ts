// Stock adjustments over HTTP.
import type { CommandContext, CommandResult } from '@mainstem/aggregate';
import { CommandContextOf, commandFrom, withContext } from '@mainstem/nest';
import { Body, Controller, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiCommand } from '../ledger-api.js';
import { AdjustStock } from './stock-adjustment.commands.js';

@ApiTags('stock-adjustments')
@Controller('api/stock-adjustments')
export class StockAdjustmentController {
  constructor(private readonly commandBus: CommandBus) {}

  @Post()
  @ApiOperation({ summary: 'Correct the stock' })
  @ApiBody({ type: AdjustStock })
  @ApiCommand()
  adjust(@Body() body: unknown, @CommandContextOf() context: CommandContext): Promise<CommandResult> {
    return this.commandBus.execute(withContext(commandFrom(AdjustStock, body), context));
  }
}
