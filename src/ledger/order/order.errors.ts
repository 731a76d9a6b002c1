// Refusals of orders.
import { CommandRefused } from '@mainstem/aggregate';

export class OrderAlreadyPlaced extends CommandRefused {
  constructor(readonly orderNo: string) {
    super('ORDER_ALREADY_PLACED', `Order ${orderNo} was placed before. Add lines to it, or choose another number.`);
  }
}

export class OrderNotPlaced extends CommandRefused {
  constructor(readonly orderNo: string) {
    super('ORDER_NOT_PLACED', `Order ${orderNo} does not exist. Place it first.`);
  }
}
