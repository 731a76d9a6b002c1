// A stock adjustment: lines numbered from 1 without gaps, all for one country.
import { defineAggregate } from '@mainstem/aggregate';
import { documentNumberOf } from '../document-numbers.js';
import type { AdjustStock } from './stock-adjustment.commands.js';
import { StockAdjustmentInOtherCountry } from './stock-adjustment.errors.js';
import { stockAdjustmentEvents, type StockAdjustmentEvent } from './stock-adjustment.events.js';

export interface StockAdjustmentState {
  /** Null before the first line. */
  readonly country: string | null;
  /** The number of lines so far, which is the number of the last one. */
  readonly lines: number;
}

const initialState: StockAdjustmentState = { country: null, lines: 0 };

const evolve = (state: StockAdjustmentState, { data }: StockAdjustmentEvent): StockAdjustmentState => ({
  country: state.country ?? data.country,
  lines: state.lines + 1,
});

const decide = ({ adjustmentNo, country, lines }: AdjustStock, state: StockAdjustmentState): readonly StockAdjustmentEvent[] => {
  if (state.country !== null && state.country !== country) throw new StockAdjustmentInOtherCountry(adjustmentNo, state.country);
  return lines.map(({ sku, quantityDelta, note = null }, index) => ({
    type: 'StockAdjusted',
    data: { adjustmentNo, line: state.lines + index + 1, sku, quantityDelta, note, country },
  }));
};

/** Rules: lines are numbered by the adjustment; the country stays; a delta is never zero. */
export const stockAdjustment = defineAggregate({
  category: 'stock-adjustment',
  events: stockAdjustmentEvents,
  uniqueId: documentNumberOf('stock-adjustment'),
  initialState,
  evolve,
  decide,
});
