// Refusals: a rule says no. The code is what clients see, so it never changes.
import { CommandRefused } from '@mainstem/aggregate';

export class OrderAlreadyPlaced extends CommandRefused {
  constructor(order: string) {
    super('ORDER_ALREADY_PLACED', `The order ${order} is placed already.`);
  }
}

export class OrderNotPlaced extends CommandRefused {
  constructor(order: string) {
    super('ORDER_NOT_PLACED', `The order ${order} is not placed.`);
  }
}
