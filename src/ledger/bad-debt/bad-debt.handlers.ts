// Handler of the command of bad debts.
import { CommandExecutor, type CommandResult } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DocumentNumbers } from '../document-numbers.js';
import { badDebt } from './bad-debt.aggregate.js';
import { AdjustBadDebt } from './bad-debt.commands.js';

@CommandHandler(AdjustBadDebt)
export class AdjustBadDebtHandler implements ICommandHandler<AdjustBadDebt, CommandResult> {
  constructor(
    private readonly executor: CommandExecutor,
    private readonly numbers: DocumentNumbers,
  ) {}

  execute(command: AdjustBadDebt): Promise<CommandResult> {
    const context = contextOf(command);
    return this.numbers.whileFree('bad-debt', command.adjustmentNo, context, () =>
      this.executor.execute(badDebt, command.adjustmentNo, command, context),
    );
  }
}

export const badDebtHandlers = [AdjustBadDebtHandler];
