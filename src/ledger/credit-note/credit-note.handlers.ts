// Handlers of the commands of credit notes.
import { CommandExecutor, type CommandResult } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DocumentNumbers } from '../document-numbers.js';
import { creditNote } from './credit-note.aggregate.js';
import { AddCreditLines, IssueCreditNote } from './credit-note.commands.js';

@CommandHandler(IssueCreditNote)
export class IssueCreditNoteHandler implements ICommandHandler<IssueCreditNote, CommandResult> {
  constructor(
    private readonly executor: CommandExecutor,
    private readonly numbers: DocumentNumbers,
  ) {}

  execute(command: IssueCreditNote): Promise<CommandResult> {
    const context = contextOf(command);
    return this.numbers.whileFree('credit', command.creditNo, context, () => this.executor.execute(creditNote, command.creditNo, command, context));
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
