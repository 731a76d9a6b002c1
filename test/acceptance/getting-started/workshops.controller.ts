// Getting started: command and query over HTTP.
// #region controller
import { CommandOf, found, ReadsFrom } from '@mainstem/nest';
import { SqlReadStore } from '@mainstem/sql';
import { Controller, Get, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { BookSeat } from './workshop.aggregate.js';
import { Workshop, workshops } from './workshops.projection.js';

@Controller('workshops/:workshop')
export class WorkshopsController {
  constructor(
    private readonly bus: CommandBus,
    private readonly sql: SqlReadStore,
  ) {}

  @Post('seats')
  book(@CommandOf(BookSeat) command: BookSeat) {
    return this.bus.execute(command);
  }

  @Get()
  @ReadsFrom(SqlReadStore, workshops)
  async guests(@Param('workshop') name: string) {
    return found(await this.sql.read([workshops], (manager) => manager.findOneBy(Workshop, { stream: `workshop-${name}` })));
  }
}
// #endregion
