// Queries about the ledger as a whole, its months and its countries.
import { subtractMoney, ZERO_MONEY } from '#apps/read-models/src/money/money.js';
import { SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { LEDGER, LedgerTotals } from '#apps/read-models/src/sql/ledger-totals.entity.js';
import { MonthSales } from '#apps/read-models/src/sql/month-sales.entity.js';
import { Product } from '#apps/read-models/src/sql/product.entity.js';
import { CountrySales, Customer } from '#apps/read-models/src/sql/sales-document.entity.js';
import type { Answer } from '@mainstem/nest';
import { Inject, Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import type { SqlReads } from '../read-stores.js';
import { MONTHS, SALES_DOCUMENTS, TOTALS } from '../sources.js';
import type { CountrySalesAnswer, MonthSalesAnswer, TotalsAnswer } from './sales.answers.js';

@Injectable()
export class SalesQueries {
  constructor(@Inject(SQL_READ_STORE) private readonly sql: SqlReads) {}

  /** All of one snapshot; zeros while nothing is recorded. */
  async totals(): Promise<Answer<TotalsAnswer>> {
    return this.sql.read(TOTALS.projections, async (manager) => {
      const ledger = await manager.getRepository(LedgerTotals).findOneBy({ ledger: LEDGER });
      const distinctCustomers = await manager.getRepository(Customer).count();
      const distinctSkus = await manager.getRepository(Product).countBy({ isBadDebtOnly: false });
      const distinctSkusSold = await manager.getRepository(Product).countBy({ orderLines: MoreThan(0) });
      const countries = await manager.getRepository(CountrySales).count();
      return totalsOf(ledger, { distinctCustomers, distinctSkus, distinctSkusSold, countries });
    });
  }

  /** By month, in order. */
  async months(): Promise<Answer<Readonly<Record<string, MonthSalesAnswer>>>> {
    return this.sql.read(MONTHS.projections, async (manager) => {
      const months = await manager.getRepository(MonthSales).find({ order: { month: 'ASC' } });
      const answers = months.map(
        ({ month, ...sales }) => [month, { ...sales, netSales: subtractMoney(sales.grossSales, sales.creditedAmount) }] as const,
      );
      return Object.fromEntries(answers);
    });
  }

  /** By country. */
  async countries(): Promise<Answer<Readonly<Record<string, CountrySalesAnswer>>>> {
    return this.sql.read(SALES_DOCUMENTS.projections, async (manager) => {
      const countries = await manager.getRepository(CountrySales).find({ order: { country: 'ASC' } });
      return Object.fromEntries(countries.map(({ country, ...sales }) => [country, sales] as const));
    });
  }
}

type Distinct = Pick<TotalsAnswer, 'distinctCustomers' | 'distinctSkus' | 'distinctSkusSold' | 'countries'>;

const totalsOf = (ledger: LedgerTotals | null, distinct: Distinct): TotalsAnswer => {
  const grossSales = ledger?.grossSales ?? ZERO_MONEY;
  const creditedAmount = ledger?.creditedAmount ?? ZERO_MONEY;
  const eventsByType = countsOf(ledger);
  return {
    grossSales,
    creditedAmount,
    netSales: subtractMoney(grossSales, creditedAmount),
    badDebt: ledger?.badDebt ?? ZERO_MONEY,
    unitsSold: ledger?.unitsSold ?? 0,
    unitsReturned: ledger?.unitsReturned ?? 0,
    stockAdjustedUp: ledger?.stockAdjustedUp ?? 0,
    stockAdjustedDown: ledger?.stockAdjustedDown ?? 0,
    ...distinct,
    firstAt: ledger?.firstAt ?? null,
    lastAt: ledger?.lastAt ?? null,
    events: Object.values(eventsByType).reduce((sum, count) => sum + count, 0),
    streams: ledger?.streams ?? 0,
    eventsByType,
  };
};

/** By type, those that have occurred. */
const countsOf = (ledger: LedgerTotals | null): Readonly<Record<string, number>> => {
  const counts = {
    BadDebtAdjusted: ledger?.badDebtAdjustments ?? 0,
    CreditLineAdded: ledger?.creditLinesAdded ?? 0,
    CreditNoteIssued: ledger?.creditNotesIssued ?? 0,
    OrderLineAdded: ledger?.orderLinesAdded ?? 0,
    OrderPlaced: ledger?.ordersPlaced ?? 0,
    StockAdjusted: ledger?.stockAdjustments ?? 0,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
};
