// Handlers of the commands of orders.
import { CommandExecutor, type CommandResult } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { order } from './order.aggregate.js';
import { AddOrderLines, PlaceOrder } from './order.commands.js';

@CommandHandler(PlaceOrder)
export class PlaceOrderHandler implements ICommandHandler<PlaceOrder, CommandResult> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: PlaceOrder): Promise<CommandResult> {
    return this.executor.execute(order, command.orderNo, command, contextOf(command));
  }
}

@CommandHandler(AddOrderLines)
export class AddOrderLinesHandler implements ICommandHandler<AddOrderLines, CommandResult> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: AddOrderLines): Promise<CommandResult> {
    return this.executor.execute(order, command.orderNo, command, contextOf(command));
  }
}

export const orderHandlers = [PlaceOrderHandler, AddOrderLinesHandler];
