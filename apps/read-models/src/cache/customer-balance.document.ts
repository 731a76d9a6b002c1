// In the cache: the sums of a customer's documents, and the total of each document, for the leaderboards.

/** One order or credit note. */
export class DocumentTotal {
  stream!: string;
  kind!: 'order' | 'credit';
  customerId!: string | null;
  total!: string;
}

/** Money has three places. */
export class CustomerBalance {
  customerId!: string;
  orders!: number;
  creditNotes!: number;
  grossSales!: string;
  creditedAmount!: string;
  netSales!: string;
}
