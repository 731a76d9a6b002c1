// Handler of the command of stock adjustments.
import { CommandExecutor, type CommandResult } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { stockAdjustment } from './stock-adjustment.aggregate.js';
import { AdjustStock } from './stock-adjustment.commands.js';

@CommandHandler(AdjustStock)
export class AdjustStockHandler implements ICommandHandler<AdjustStock, CommandResult> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: AdjustStock): Promise<CommandResult> {
    return this.executor.execute(stockAdjustment, command.adjustmentNo, command, contextOf(command));
  }
}

export const stockAdjustmentHandlers = [AdjustStockHandler];
