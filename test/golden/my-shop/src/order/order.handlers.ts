// One handler for each command: it loads the order, decides, and appends.
import { CommandExecutor } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { order } from './order.aggregate.js';
import { PlaceOrder, ShipOrder } from './order.commands.js';

@CommandHandler(PlaceOrder)
class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: PlaceOrder) {
    return this.executor.execute(order, command.order, command, contextOf(command));
  }
}

@CommandHandler(ShipOrder)
class ShipOrderHandler implements ICommandHandler<ShipOrder> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: ShipOrder) {
    return this.executor.execute(order, command.order, command, contextOf(command));
  }
}

export const orderHandlers = [PlaceOrderHandler, ShipOrderHandler];
