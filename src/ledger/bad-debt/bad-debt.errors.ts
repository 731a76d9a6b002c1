// Refusals of bad debts.
import { CommandRefused } from '@mainstem/aggregate';

export class BadDebtInOtherCountry extends CommandRefused {
  constructor(
    readonly adjustmentNo: string,
    readonly country: string,
  ) {
    super('BAD_DEBT_IN_OTHER_COUNTRY', `Bad debt ${adjustmentNo} is for ${country}. A document has one country: use another number.`);
  }
}
