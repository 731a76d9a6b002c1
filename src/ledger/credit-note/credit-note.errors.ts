// Refusals of credit notes.
import { CommandRefused } from '@mainstem/aggregate';

export class CreditNoteAlreadyIssued extends CommandRefused {
  constructor(readonly creditNo: string) {
    super('CREDIT_NOTE_ALREADY_ISSUED', `Credit note ${creditNo} was issued before. Add lines to it, or choose another number.`);
  }
}

export class CreditNoteNotIssued extends CommandRefused {
  constructor(readonly creditNo: string) {
    super('CREDIT_NOTE_NOT_ISSUED', `Credit note ${creditNo} does not exist. Issue it first.`);
  }
}
