// Bad debts over HTTP.
import type { CommandContext, CommandResult } from '@mainstem/aggregate';
import { CommandContextOf, commandFrom, withContext } from '@mainstem/nest';
import { Body, Controller, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiCommand } from '../ledger-api.js';
import { AdjustBadDebt } from './bad-debt.commands.js';

@ApiTags('bad-debts')
@Controller('api/bad-debts')
export class BadDebtController {
  constructor(private readonly commandBus: CommandBus) {}

  @Post()
  @ApiOperation({ summary: 'Correct the books for debts that will not be paid' })
  @ApiBody({ type: AdjustBadDebt })
  @ApiCommand()
  adjust(@Body() body: unknown, @CommandContextOf() context: CommandContext): Promise<CommandResult> {
    return this.commandBus.execute(withContext(commandFrom(AdjustBadDebt, body), context));
  }
}
