// A credit note: one header, then lines numbered from 1 without gaps.
import { defineAggregate } from '@mainstem/aggregate';
import { assertNever } from '@mainstem/event-store';
import { documentNumberOf } from '../document-numbers.js';
import { IssueCreditNote, type AddCreditLines, type CreditNoteCommand, type CreditLine } from './credit-note.commands.js';
import { CreditNoteAlreadyIssued, CreditNoteNotIssued } from './credit-note.errors.js';
import { creditNoteEvents, type CreditNoteEvent } from './credit-note.events.js';

export interface CreditNoteState {
  readonly status: 'absent' | 'issued';
  /** The number of lines so far, which is the number of the last one. */
  readonly lines: number;
}

const initialState: CreditNoteState = { status: 'absent', lines: 0 };

const evolve = (state: CreditNoteState, event: CreditNoteEvent): CreditNoteState => {
  switch (event.type) {
    case 'CreditNoteIssued':
      return { ...state, status: 'issued' };
    case 'CreditLineAdded':
      return { ...state, lines: state.lines + 1 };
    default:
      return assertNever(event);
  }
};

const decide = (command: CreditNoteCommand, state: CreditNoteState): readonly CreditNoteEvent[] =>
  command instanceof IssueCreditNote ? issue(command, state) : addLines(command, state);

const issue = ({ creditNo, customerId = null, country, lines }: IssueCreditNote, state: CreditNoteState): readonly CreditNoteEvent[] => {
  if (state.status === 'issued') throw new CreditNoteAlreadyIssued(creditNo);
  return [{ type: 'CreditNoteIssued', data: { creditNo, customerId, country } }, ...linesAdded(lines ?? [], 1)];
};

const addLines = ({ creditNo, lines }: AddCreditLines, state: CreditNoteState): readonly CreditNoteEvent[] => {
  if (state.status === 'absent') throw new CreditNoteNotIssued(creditNo);
  return linesAdded(lines, state.lines + 1);
};

const linesAdded = (lines: readonly CreditLine[], first: number): readonly CreditNoteEvent[] =>
  lines.map(({ sku, description, quantity, unitPrice }, index) => ({
    type: 'CreditLineAdded',
    data: { line: first + index, sku, description, quantity, unitPrice },
  }));

/** Rules: one header, and it comes first; lines are numbered by the credit note; the customer and the country stay. */
export const creditNote = defineAggregate({
  category: 'credit',
  events: creditNoteEvents,
  uniqueId: documentNumberOf('credit'),
  initialState,
  evolve,
  decide,
});
