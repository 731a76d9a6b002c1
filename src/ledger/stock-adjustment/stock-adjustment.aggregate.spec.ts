// A stock adjustment: its rules, one example each, and the standing properties.
import { InvalidCommand } from '@mainstem/aggregate';
import { aggregateProperties, given, registerContract } from '@mainstem/testing';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { stockAdjustment } from './stock-adjustment.aggregate.js';
import { AdjustStock, StockAdjustmentLine } from './stock-adjustment.commands.js';
import { StockAdjustmentInOtherCountry } from './stock-adjustment.errors.js';
import type { StockAdjustmentEvent } from './stock-adjustment.events.js';

const line = (fields: Partial<StockAdjustmentLine> = {}): StockAdjustmentLine =>
  Object.assign(new StockAdjustmentLine(), { sku: '22139', quantityDelta: -4, note: 'damaged' }, fields);
const adjust = (lines: readonly StockAdjustmentLine[], country = 'United Kingdom'): AdjustStock =>
  Object.assign(new AdjustStock(), { adjustmentNo: '536414', country, lines });
const adjusted = (number: number, note: string | null = 'damaged'): StockAdjustmentEvent => ({
  type: 'StockAdjusted',
  data: { adjustmentNo: '536414', line: number, sku: '22139', quantityDelta: -4, note, country: 'United Kingdom' },
});

describe('stock adjustment', () => {
  it('numbers its lines from 1', () =>
    given(stockAdjustment, [])
      .when(adjust([line(), line()]))
      .then([adjusted(1), adjusted(2)]));
  it('numbers further lines after the existing ones', () =>
    given(stockAdjustment, [adjusted(1)])
      .when(adjust([line()]))
      .then([adjusted(2)]));
  it('needs no reason', () =>
    given(stockAdjustment, [])
      .when(adjust([line({ note: null })]))
      .then([adjusted(1, null)]));

  it('refuses another country', () =>
    given(stockAdjustment, [adjusted(1)])
      .when(adjust([line()], 'France'))
      .thenRefuses(StockAdjustmentInOtherCountry));
  it.each([0, 1.5, NaN, '4' as never])('refuses a change by %j', (quantityDelta) =>
    given(stockAdjustment, [])
      .when(adjust([line({ quantityDelta })]))
      .thenRefuses(InvalidCommand),
  );
});

const commands = fc
  .tuple(
    fc.array(
      fc.integer({ min: -100, max: -1 }).map((quantityDelta) => line({ quantityDelta })),
      { minLength: 1, maxLength: 4 },
    ),
    fc.constantFrom('France', 'EIRE'),
  )
  .map(([lines, country]) => adjust(lines, country));

registerContract(
  aggregateProperties({
    aggregate: stockAdjustment,
    forAll: (check) => fc.assert(fc.asyncProperty(fc.array(commands, { maxLength: 8 }), check), { numRuns: 50 }),
  }),
  { describe, it },
);
