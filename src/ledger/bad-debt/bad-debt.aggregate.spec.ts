// A bad debt: its rules, one example each.
import { InvalidCommand } from '@mainstem/aggregate';
import { given } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { badDebt } from './bad-debt.aggregate.js';
import { AdjustBadDebt, BadDebtLine } from './bad-debt.commands.js';
import { BadDebtInOtherCountry } from './bad-debt.errors.js';
import type { BadDebtEvent } from './bad-debt.events.js';

const line = (amount: string): BadDebtLine => Object.assign(new BadDebtLine(), { sku: 'B', amount, note: 'Adjust bad debt' });
const adjust = (lines: readonly BadDebtLine[], fields: Partial<AdjustBadDebt> = {}): AdjustBadDebt =>
  Object.assign(new AdjustBadDebt(), { adjustmentNo: 'A563185', country: 'United Kingdom', lines }, fields);
const adjusted = (number: number, amount: string): BadDebtEvent => ({
  type: 'BadDebtAdjusted',
  data: { adjustmentNo: 'A563185', line: number, sku: 'B', amount, note: 'Adjust bad debt', country: 'United Kingdom' },
});

describe('bad debt', () => {
  it('goes up and down', () =>
    given(badDebt, [])
      .when(adjust([line('11062.06'), line('-11062.06')]))
      .then([adjusted(1, '11062.06'), adjusted(2, '-11062.06')]));
  it('numbers further lines after the existing ones', () =>
    given(badDebt, [adjusted(1, '1')])
      .when(adjust([line('2')]))
      .then([adjusted(2, '2')]));

  it('refuses another country', () =>
    given(badDebt, [adjusted(1, '1')])
      .when(adjust([line('2')], { country: 'France' }))
      .thenRefuses(BadDebtInOtherCountry));
  it('refuses a number that does not start with A', () =>
    given(badDebt, [])
      .when(adjust([line('2')], { adjustmentNo: '563185' }))
      .thenRefuses(InvalidCommand));
});
