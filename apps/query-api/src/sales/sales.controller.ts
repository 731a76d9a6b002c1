// Totals over HTTP: of the ledger, by month, by country.
import type { Answer } from '@mainstem/nest';
import { Controller, Query } from '@nestjs/common';
import { ApiExtraModels, ApiTags, getSchemaPath, type ApiResponseOptions } from '@nestjs/swagger';
import { GetFrom } from '../http/get-from.js';
import { PositionQuery } from '../http/position-query.js';
import { MONTHS, SALES_DOCUMENTS, TOTALS } from '../sources.js';
import { CountrySalesAnswer, MonthSalesAnswer, TotalsAnswer } from './sales.answers.js';
import { SalesQueries } from './sales.queries.js';

const byName = (answer: new () => object): ApiResponseOptions => ({
  schema: { type: 'object', additionalProperties: { $ref: getSchemaPath(answer) } },
});

@ApiTags('sales')
@ApiExtraModels(MonthSalesAnswer, CountrySalesAnswer)
@Controller('api')
export class SalesController {
  constructor(private readonly queries: SalesQueries) {}

  @GetFrom(TOTALS, 'totals', { summary: 'Totals of the whole ledger', answer: { type: TotalsAnswer } })
  totals(@Query() _: PositionQuery): Promise<Answer<TotalsAnswer>> {
    return this.queries.totals();
  }

  @GetFrom(MONTHS, 'sales-by-month', { summary: 'Sales by month', answer: byName(MonthSalesAnswer) })
  months(@Query() _: PositionQuery): Promise<Answer<Readonly<Record<string, MonthSalesAnswer>>>> {
    return this.queries.months();
  }

  @GetFrom(SALES_DOCUMENTS, 'sales-by-country', { summary: 'Sales by country', answer: byName(CountrySalesAnswer) })
  countries(@Query() _: PositionQuery): Promise<Answer<Readonly<Record<string, CountrySalesAnswer>>>> {
    return this.queries.countries();
  }
}
