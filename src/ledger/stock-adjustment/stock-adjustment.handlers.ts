// Handler of the command of stock adjustments.
import { CommandExecutor, type CommandResult } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DocumentNumbers } from '../document-numbers.js';
import { stockAdjustment } from './stock-adjustment.aggregate.js';
import { AdjustStock } from './stock-adjustment.commands.js';

@CommandHandler(AdjustStock)
export class AdjustStockHandler implements ICommandHandler<AdjustStock, CommandResult> {
  constructor(
    private readonly executor: CommandExecutor,
    private readonly numbers: DocumentNumbers,
  ) {}

  execute(command: AdjustStock): Promise<CommandResult> {
    const context = contextOf(command);
    return this.numbers.whileFree('stock-adjustment', command.adjustmentNo, context, () =>
      this.executor.execute(stockAdjustment, command.adjustmentNo, command, context),
    );
  }
}

export const stockAdjustmentHandlers = [AdjustStockHandler];
