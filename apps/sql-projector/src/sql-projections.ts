// All projections of the SQL read model.
import { partitioned, type AnyProjection, type HostedProjection, type ReadStore, type RebuildPolicy } from '@mainstem/projection';
import type { PartitionCounts } from '@mainstem/projection/settings';
import { customerProfiles } from './customer-profiles.projection.js';
import { ledgerTotals } from './ledger-totals.projection.js';
import { orderLines } from './order-lines.projection.js';
import { products } from './products.projection.js';
import { salesByMonth } from './sales-by-month.projection.js';
import { salesDocuments } from './sales-documents.projection.js';
import { violations } from './violations/violations.projection.js';

export const sqlProjections = [salesDocuments, customerProfiles, orderLines, products, salesByMonth, ledgerTotals, violations] as const;

/** Each on its own. `rebuild`: what to do if a definition has changed; `parts`: the number of parts, by name. */
export const hostedOnSql = (store: ReadStore, rebuild: RebuildPolicy = 'manual', parts: PartitionCounts = {}): readonly HostedProjection[] =>
  sqlProjections.map((projection) => ({ projection: partitioned<AnyProjection>(projection, parts[projection.name] ?? 1), store, rebuild }));
