// Handlers of the commands of credit notes.
import { CommandExecutor, type CommandResult } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { creditNote } from './credit-note.aggregate.js';
import { AddCreditLines, IssueCreditNote } from './credit-note.commands.js';

@CommandHandler(IssueCreditNote)
export class IssueCreditNoteHandler implements ICommandHandler<IssueCreditNote, CommandResult> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: IssueCreditNote): Promise<CommandResult> {
    return this.executor.execute(creditNote, command.creditNo, command, contextOf(command));
  }
}

@CommandHandler(AddCreditLines)
export class AddCreditLinesHandler implements ICommandHandler<AddCreditLines, CommandResult> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: AddCreditLines): Promise<CommandResult> {
    return this.executor.execute(creditNote, command.creditNo, command, contextOf(command));
  }
}

export const creditNoteHandlers = [IssueCreditNoteHandler, AddCreditLinesHandler];
