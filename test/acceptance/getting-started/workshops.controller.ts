// Getting started: command and query over HTTP.
// #region controller
import type { CommandContext } from '@mainstem/aggregate';
import { CommandAnswerInterceptor, CommandContextOf, commandFrom, ReadsFrom, withContext } from '@mainstem/nest';
import { SqlReadStore } from '@mainstem/sql';
import { Body, Controller, Get, Param, Post, UseInterceptors } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { BookSeat } from './workshop.aggregate.js';
import { Workshop } from './workshops.projection.js';

@Controller('workshops/:workshop')
export class WorkshopsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly sql: SqlReadStore,
  ) {}

  @Post('seats')
  @UseInterceptors(CommandAnswerInterceptor)
  book(@Param() path: { workshop: string }, @Body() body: unknown, @CommandContextOf() context: CommandContext) {
    return this.bus.execute(withContext(commandFrom(BookSeat, body, path), context));
  }

  @Get()
  @ReadsFrom(SqlReadStore, 'workshops')
  guests(@Param('workshop') name: string) {
    return this.sql.read(['workshops'], (manager) => manager.findOneBy(Workshop, { stream: `workshop-${name}` }));
  }
}
// #endregion
