// Refusals of stock adjustments.
import { CommandRefused } from '@mainstem/aggregate';

export class StockAdjustmentInOtherCountry extends CommandRefused {
  constructor(
    readonly adjustmentNo: string,
    readonly country: string,
  ) {
    super('STOCK_ADJUSTMENT_IN_OTHER_COUNTRY', `Stock adjustment ${adjustmentNo} is for ${country}. A document has one country: use another number.`);
  }
}
