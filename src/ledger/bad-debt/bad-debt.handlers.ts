// Handler of the command of bad debts.
import { CommandExecutor, type CommandResult } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { badDebt } from './bad-debt.aggregate.js';
import { AdjustBadDebt } from './bad-debt.commands.js';

@CommandHandler(AdjustBadDebt)
export class AdjustBadDebtHandler implements ICommandHandler<AdjustBadDebt, CommandResult> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: AdjustBadDebt): Promise<CommandResult> {
    return this.executor.execute(badDebt, command.adjustmentNo, command, contextOf(command));
  }
}

export const badDebtHandlers = [AdjustBadDebtHandler];
