// All projections of the SQL read model.
import type { HostedProjection, ReadStore, RebuildPolicy } from '@mainstem/projection';
import { customerProfiles } from './customer-profiles.projection.js';
import { ledgerTotals } from './ledger-totals.projection.js';
import { orderLines } from './order-lines.projection.js';
import { products } from './products.projection.js';
import { salesByMonth } from './sales-by-month.projection.js';
import { salesDocuments } from './sales-documents.projection.js';
import { violations } from './violations/violations.projection.js';

export const sqlProjections = [salesDocuments, customerProfiles, orderLines, products, salesByMonth, ledgerTotals, violations] as const;

/** Each on its own. `rebuild`: what to do about one whose definition has changed. */
export const hostedOnSql = (store: ReadStore, rebuild: RebuildPolicy = 'manual'): readonly HostedProjection[] =>
  sqlProjections.map((projection) => ({ projection, store, rebuild }));
