// What an order can be asked for. Each command names its order.
// The rules of the fields are checked before anything is decided.
import { IsDecimal, Length, Matches } from 'class-validator';

/** Names a stream: letters, digits, dashes and underscores. */
const ID = /^[\w-]{1,40}$/;

export class PlaceOrder {
  @Matches(ID) order!: string;
  @Length(1, 200) customer!: string;
  @Length(1, 200) product!: string;
  @IsDecimal() total!: string;
}

export class ShipOrder {
  @Matches(ID) order!: string;
}

export type OrderCommand = PlaceOrder | ShipOrder;
