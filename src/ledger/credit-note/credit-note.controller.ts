// Credit notes over HTTP.
import type { CommandContext, CommandResult } from '@mainstem/aggregate';
import { CommandContextOf, commandFrom, withContext } from '@mainstem/nest';
import { Body, Controller, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiCommand, ApiLines } from '../ledger-api.js';
import { AddCreditLines, CreditLine, IssueCreditNote } from './credit-note.commands.js';

@ApiTags('credits')
@Controller('api/credits')
export class CreditNoteController {
  constructor(private readonly commandBus: CommandBus) {}

  @Post()
  @ApiOperation({ summary: 'Issue a credit note, with or without its first lines' })
  @ApiBody({ type: IssueCreditNote })
  @ApiCommand()
  issue(@Body() body: unknown, @CommandContextOf() context: CommandContext): Promise<CommandResult> {
    return this.commandBus.execute(withContext(commandFrom(IssueCreditNote, body), context));
  }

  @Post(':creditNo/lines')
  @ApiOperation({ summary: 'Add lines to a credit note' })
  @ApiLines(CreditLine)
  @ApiCommand()
  addLines(@Param('creditNo') creditNo: string, @Body() body: unknown, @CommandContextOf() context: CommandContext): Promise<CommandResult> {
    return this.commandBus.execute(withContext(commandFrom(AddCreditLines, body, { creditNo }), context));
  }
}
