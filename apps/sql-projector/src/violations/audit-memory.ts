// The memory of the audit while it judges a batch: rows of its tables, unpacked, and a mark on those that changed.
import type { AuditedCustomer, AuditedSku, AuditedSpelling, AuditedStream } from '#apps/read-models/src/sql/audit.entity.js';

export interface RememberedStream {
  readonly stream: string;
  readonly customerId: string | null;
  readonly firstAt: string;
  /** By SKU, the further values of each different line. */
  readonly lines: Map<string, Set<string>>;
}

export interface RememberedCustomer {
  readonly customerId: string;
  country: string;
  readonly balances: Map<string, number>;
}

export interface RememberedSku {
  readonly sku: string;
  unitsSold: number;
  unitsReturned: number;
  readonly descriptions: Set<string>;
}

export interface RememberedSpelling {
  readonly upperCase: string;
  readonly spellings: Set<string>;
}

/** One table's share of the memory. */
export class Memory<Remembered extends object, Row extends object> {
  readonly #remembered = new Map<string, Remembered>();
  readonly #changed = new Set<string>();

  constructor(
    readonly table: string,
    private readonly unpack: (row: Row) => Remembered,
    private readonly pack: (remembered: Remembered) => Row,
  ) {}

  recall(rows: ReadonlyMap<string, Row>): void {
    for (const [key, row] of rows) this.#remembered.set(key, this.unpack(row));
  }

  get(key: string): Remembered | undefined {
    return this.#remembered.get(key);
  }

  /** Returns what is remembered, or else what `first` makes. Counts as changed. */
  touch(key: string, first: () => Remembered): Remembered {
    let remembered = this.#remembered.get(key);
    if (!remembered) this.#remembered.set(key, (remembered = first()));
    this.#changed.add(key);
    return remembered;
  }

  changedRows(): readonly Row[] {
    return [...this.#changed].flatMap((key) => {
      const remembered = this.#remembered.get(key);
      return remembered ? [this.pack(remembered)] : [];
    });
  }
}

export const streamMemory = () =>
  new Memory<RememberedStream, AuditedStream>(
    'audit-streams',
    (row) => ({ ...row, lines: new Map(row.lines.map(([sku, lines]) => [sku, new Set(lines)])) }),
    (stream) => ({ ...stream, lines: [...stream.lines].map(([sku, lines]) => [sku, [...lines]] as const) }),
  );

export const customerMemory = () =>
  new Memory<RememberedCustomer, AuditedCustomer>(
    'audit-customers',
    (row) => ({ ...row, balances: new Map(row.balances) }),
    (customer) => ({ ...customer, balances: [...customer.balances] }),
  );

export const skuMemory = () =>
  new Memory<RememberedSku, AuditedSku>(
    'audit-skus',
    (row) => ({ ...row, descriptions: new Set(row.descriptions) }),
    (sku) => ({ ...sku, descriptions: [...sku.descriptions] }),
  );

export const spellingMemory = () =>
  new Memory<RememberedSpelling, AuditedSpelling>(
    'audit-spellings',
    (row) => ({ ...row, spellings: new Set(row.spellings) }),
    (spelling) => ({ ...spelling, spellings: [...spelling.spellings] }),
  );
