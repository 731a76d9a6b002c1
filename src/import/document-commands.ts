// Makes the command that leads to consecutive events of one document.
import { AdjustBadDebt, BadDebtLine } from '../ledger/bad-debt/bad-debt.commands.js';
import { AddCreditLines, IssueCreditNote } from '../ledger/credit-note/credit-note.commands.js';
import { AddOrderLines, OrderLine, PlaceOrder } from '../ledger/order/order.commands.js';
import { AdjustStock, StockAdjustmentLine } from '../ledger/stock-adjustment/stock-adjustment.commands.js';
import { IsDescription, IsPrice, IsQuantity, IsSku } from '../ledger/document-rules.js';
import type { ImportedEvent } from './imported-event.js';

/** A recorded line. Commands need a price, but some returned goods are on record without one. */
class RecordedCreditLine {
  @IsSku() sku!: string;
  @IsDescription() description!: string;
  @IsQuantity() quantity!: number;
  @IsPrice() unitPrice!: string;
}

/** The command with exactly these events: a header with its lines, or lines alone, of one stream. */
export const commandFor = (events: readonly [ImportedEvent, ...ImportedEvent[]]): object => {
  const [{ type, documentNo, data }] = events;
  const { customerId, country } = data;
  switch (type) {
    case 'OrderPlaced':
      return filled(new PlaceOrder(), { orderNo: documentNo, customerId, country, lines: linesOf(events.slice(1), OrderLine, PRICED) });
    case 'OrderLineAdded':
      return filled(new AddOrderLines(), { orderNo: documentNo, lines: linesOf(events, OrderLine, PRICED) });
    case 'CreditNoteIssued':
      return filled(new IssueCreditNote(), {
        creditNo: documentNo,
        customerId,
        country,
        lines: linesOf(events.slice(1), RecordedCreditLine, PRICED),
      });
    case 'CreditLineAdded':
      return filled(new AddCreditLines(), { creditNo: documentNo, lines: linesOf(events, RecordedCreditLine, PRICED) });
    case 'StockAdjusted':
      return filled(new AdjustStock(), {
        adjustmentNo: documentNo,
        country,
        lines: linesOf(events, StockAdjustmentLine, ['sku', 'quantityDelta', 'note']),
      });
    case 'BadDebtAdjusted':
      return filled(new AdjustBadDebt(), { adjustmentNo: documentNo, country, lines: linesOf(events, BadDebtLine, ['sku', 'amount', 'note']) });
  }
};

const PRICED = ['sku', 'description', 'quantity', 'unitPrice'] as const;

const linesOf = <Line extends object>(
  events: readonly ImportedEvent[],
  lineClass: new () => Line,
  fields: readonly (keyof Line & string)[],
): readonly Line[] =>
  events.map(({ data }) => {
    const line = new lineClass();
    // The rules of the class check the types of the values.
    for (const field of fields) line[field] = data[field] as Line[keyof Line & string];
    return line;
  });

/** The values come from a file: the rules of the command's class check them on execution. */
const filled = (command: object, fields: Readonly<Record<string, unknown>>): object => Object.assign(command, fields);
