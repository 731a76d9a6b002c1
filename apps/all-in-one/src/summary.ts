// The summary at the end of the start: counts, totals, rates and lag, addresses, and examples.
import type { TotalsAnswer } from '#apps/query-api/src/sales/sales.answers.js';
import type { ProjectionStatus } from '@mainstem/projection';
import type { ImportStatus } from './first-import.js';
import { duration, largestLag } from './progress-line.js';

export interface SummaryInput {
  readonly url: string;
  readonly dir: string;
  readonly totals: TotalsAnswer;
  readonly firstImport: ImportStatus;
  /** From the start until every projection was live. */
  readonly secondsUntilLive: number;
  readonly projections: readonly ProjectionStatus[];
}

const counts = new Intl.NumberFormat('en-GB');

/** The whole text, several lines. */
export const summary = (input: SummaryInput): string => [...table(rowsOf(input)), '', ...addresses(input)].join('\n');

const rowsOf = ({ totals, firstImport, secondsUntilLive, projections }: SummaryInput): readonly (readonly [string, string])[] => [
  ['events', `${counts.format(totals.events)} in ${counts.format(totals.streams)} streams`],
  ['customers', `${counts.format(totals.distinctCustomers)} in ${counts.format(totals.countries)} countries`],
  ['products', counts.format(totals.distinctSkus)],
  ['gross sales', money(totals.grossSales)],
  ['credited', money(totals.creditedAmount)],
  ['net sales', money(totals.netSales)],
  ['first to last event', `${totals.firstAt ?? '–'} to ${totals.lastAt ?? '–'}`],
  ['import', importText(firstImport)],
  ['read models', readModelsText(projections, secondsUntilLive, firstImport.report ? totals.events : undefined)],
  ['memory', `${counts.format(Math.round(process.resourceUsage().maxRSS / 1_024))} MiB at most`],
];

const importText = ({ report }: ImportStatus): string => {
  if (!report) return 'not needed';
  const rejected = report.rejected > 0 ? `, ${counts.format(report.rejected)} lines set aside in ${report.rejectsFile ?? ''}` : '';
  return `${counts.format(report.added)} events added in ${duration(report.seconds)} (${counts.format(report.eventsPerSecond)}/s)${rejected}`;
};

const readModelsText = (projections: readonly ProjectionStatus[], seconds: number, events: number | undefined): string => {
  const rate = events === undefined ? '' : ` (${counts.format(Math.round(events / Math.max(seconds, 0.001)))} events/s with the import)`;
  return `${projections.length} projections live after ${duration(seconds)}${rate}, lag ${counts.format(largestLag(projections))}`;
};

const money = (amount: string): string => {
  const [whole = '0', fraction = ''] = amount.split('.');
  return `£${counts.format(BigInt(whole))}.${fraction}`;
};

const table = (rows: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
};

const addresses = ({ url, dir }: SummaryInput): readonly string[] => [
  `  API        ${url}/api/docs`,
  `  health     ${url}/health/ready`,
  `  data       ${dir}`,
  '',
  '  Try:',
  `    curl ${url}/api/totals`,
  `    curl '${url}/api/leaderboards/skus-by-units-sold?limit=5'`,
  `    curl '${url}/api/search/products?q=white+metal+lantern'`,
  '',
  '  Ctrl-C stops it; the next start goes on where it was.',
];
