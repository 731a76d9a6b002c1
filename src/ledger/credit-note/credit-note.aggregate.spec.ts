// A credit note: its rules, one example each, and the standing properties.
import { InvalidCommand } from '@mainstem/aggregate';
import { aggregateProperties, given, registerContract } from '@mainstem/testing';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { creditNote } from './credit-note.aggregate.js';
import { AddCreditLines, CreditLine, IssueCreditNote, type CreditNoteCommand } from './credit-note.commands.js';
import { CreditNoteAlreadyIssued, CreditNoteNotIssued } from './credit-note.errors.js';
import type { CreditNoteEvent } from './credit-note.events.js';

const CLOCK = { sku: '22423', description: 'REGENCY CAKESTAND', quantity: 1, unitPrice: '12.75' };

const line = (fields: Partial<CreditLine> = {}): CreditLine => Object.assign(new CreditLine(), CLOCK, fields);
const issue = (fields: Partial<IssueCreditNote> = {}): IssueCreditNote =>
  Object.assign(new IssueCreditNote(), { creditNo: 'C536379', customerId: '14527', country: 'United Kingdom' }, fields);
const addLines = (...lines: CreditLine[]): AddCreditLines => Object.assign(new AddCreditLines(), { creditNo: 'C536379', lines });

const issued: CreditNoteEvent = { type: 'CreditNoteIssued', data: { creditNo: 'C536379', customerId: '14527', country: 'United Kingdom' } };
const lineAdded = (number: number): CreditNoteEvent => ({ type: 'CreditLineAdded', data: { line: number, ...CLOCK } });

describe('credit note', () => {
  it('is issued with its first lines, numbered from 1', () =>
    given(creditNote, [])
      .when(issue({ lines: [line(), line()] }))
      .then([issued, lineAdded(1), lineAdded(2)]));
  it('numbers further lines after the existing ones', () =>
    given(creditNote, [issued, lineAdded(1)])
      .when(addLines(line()))
      .then([lineAdded(2)]));

  it('refuses to be issued twice', () => given(creditNote, [issued]).when(issue()).thenRefuses(CreditNoteAlreadyIssued));
  it('refuses lines before it is issued', () => given(creditNote, []).when(addLines(line())).thenRefuses(CreditNoteNotIssued));
  it('refuses a number that does not start with C', () =>
    given(creditNote, [])
      .when(issue({ creditNo: '536379' }))
      .thenRefuses(InvalidCommand));
  it.each(['0', '0.00', '-1', '1e3', ''])('refuses the price %j', (unitPrice) =>
    given(creditNote, [issued])
      .when(addLines(line({ unitPrice })))
      .thenRefuses(InvalidCommand),
  );
});

const lines = fc.record({ quantity: fc.integer({ min: 1, max: 1_000 }) }).map((fields) => line(fields));
const commands: fc.Arbitrary<CreditNoteCommand> = fc.oneof(
  fc.array(lines, { maxLength: 3 }).map((some) => issue({ lines: some })),
  fc.array(lines, { minLength: 1, maxLength: 4 }).map((some) => addLines(...some)),
);

registerContract(
  aggregateProperties({
    aggregate: creditNote,
    forAll: (check) => fc.assert(fc.asyncProperty(fc.array(commands, { maxLength: 8 }), check), { numRuns: 50 }),
  }),
  { describe, it },
);
