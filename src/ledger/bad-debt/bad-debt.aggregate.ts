// A bad debt: lines numbered from 1 without gaps, all for one country.
import { defineAggregate } from '@mainstem/aggregate';
import { documentNumberOf } from '../document-numbers.js';
import type { AdjustBadDebt } from './bad-debt.commands.js';
import { BadDebtInOtherCountry } from './bad-debt.errors.js';
import { badDebtEvents, type BadDebtEvent } from './bad-debt.events.js';

export interface BadDebtState {
  /** Null before the first line. */
  readonly country: string | null;
  /** The number of lines so far, which is the number of the last one. */
  readonly lines: number;
}

const initialState: BadDebtState = { country: null, lines: 0 };

const evolve = (state: BadDebtState, { data }: BadDebtEvent): BadDebtState => ({
  country: state.country ?? data.country,
  lines: state.lines + 1,
});

const decide = ({ adjustmentNo, country, lines }: AdjustBadDebt, state: BadDebtState): readonly BadDebtEvent[] => {
  if (state.country !== null && state.country !== country) throw new BadDebtInOtherCountry(adjustmentNo, state.country);
  return lines.map(({ sku, amount, note = null }, index) => ({
    type: 'BadDebtAdjusted',
    data: { adjustmentNo, line: state.lines + index + 1, sku, amount, note, country },
  }));
};

/** Rules: lines are numbered by the adjustment; the country stays. */
export const badDebt = defineAggregate({
  category: 'bad-debt',
  events: badDebtEvents,
  uniqueId: documentNumberOf('bad-debt'),
  initialState,
  evolve,
  decide,
});
