// All projections of the SQL read model.
import { hostedOn } from '#apps/read-models/src/hosted-on.js';
import { customerProfiles } from './customer-profiles.projection.js';
import { ledgerTotals } from './ledger-totals.projection.js';
import { orderLines } from './order-lines.projection.js';
import { products } from './products.projection.js';
import { salesByMonth } from './sales-by-month.projection.js';
import { salesDocuments } from './sales-documents.projection.js';
import { violations } from './violations/violations.projection.js';

export const sqlProjections = [salesDocuments, customerProfiles, orderLines, products, salesByMonth, ledgerTotals, violations] as const;

export const hostedOnSql = hostedOn(sqlProjections);
