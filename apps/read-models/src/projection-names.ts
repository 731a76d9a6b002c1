// Names of all projections of the reference application: its projectors share one environment, which may name those of each other and no others.
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
