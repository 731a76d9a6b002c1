// Getting started: the command's handler.
// #region handler
import { CommandExecutor } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { BookSeat, workshop } from './workshop.aggregate.js';

@CommandHandler(BookSeat)
export class BookSeatHandler implements ICommandHandler<BookSeat> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: BookSeat) {
    return this.executor.execute(workshop, command.workshop, command, contextOf(command));
  }
}
// #endregion
