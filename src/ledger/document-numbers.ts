// The rule that a document number belongs to only one stream: documents of all kinds share their numbers.
import { CommandRefused, type UniqueIdRule } from '@mainstem/aggregate';

export class DocumentNumberTaken extends CommandRefused {
  constructor(
    readonly number: string,
    readonly stream: string,
  ) {
    super('DOCUMENT_NUMBER_TAKEN', `Number ${number} belongs to ${stream} already. Choose another one.`);
  }
}

type Numbered = 'order' | 'stock-adjustment' | 'credit' | 'bad-debt';

/** Numbers of credit notes start with C, those of bad debts with A; orders and stock adjustments share the rest. */
export const documentNumberOf = (category: Numbered): UniqueIdRule => ({
  among: (number) => {
    const kinds: Numbered[] = ['order', 'stock-adjustment'];
    if (number.startsWith('C')) kinds.push('credit');
    if (number.startsWith('A')) kinds.push('bad-debt');
    return kinds.filter((kind) => kind !== category);
  },
  refusal: (number, stream) => new DocumentNumberTaken(number, stream),
});
