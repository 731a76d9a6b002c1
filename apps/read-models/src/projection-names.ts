// Names of all projections of the reference application: its projectors share one environment with settings for all.
export const projectionNames: readonly string[] = [
  'sales-documents',
  'customer-profiles',
  'order-lines',
  'products',
  'sales-by-month',
  'ledger-totals',
  'violations',
  'document-totals',
  'product-cards',
  'monthly-products',
  'product-texts',
];
