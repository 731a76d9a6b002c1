// All tables of the SQL read models.
import { AuditedCustomer, AuditedLedger, AuditedSku, AuditedSpelling, AuditedStream } from './audit.entity.js';
import { CustomerProfile } from './customer-profile.entity.js';
import { LedgerTotals } from './ledger-totals.entity.js';
import { MonthSales } from './month-sales.entity.js';
import { OrderLine } from './order-line.entity.js';
import { Product } from './product.entity.js';
import { CountrySales, Customer, SalesDocument } from './sales-document.entity.js';
import { Violation } from './violation.entity.js';

export const sqlEntities = [
  SalesDocument,
  Customer,
  CountrySales,
  CustomerProfile,
  OrderLine,
  Product,
  MonthSales,
  LedgerTotals,
  Violation,
  AuditedStream,
  AuditedCustomer,
  AuditedSku,
  AuditedSpelling,
  AuditedLedger,
] as const;
