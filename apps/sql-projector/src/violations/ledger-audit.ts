// Judges the ledger's events by rules that real data breaks. Pure: its memory is loaded before and stored after.
import { LineWithoutDocument } from '#apps/read-models/src/errors.js';
import { compareMoney, money, ZERO_MONEY } from '#apps/read-models/src/money/money.js';
import type { Violation, ViolationRule } from '#apps/read-models/src/sql/violation.entity.js';
import type { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import type { badDebtEvents } from '#src/ledger/bad-debt/bad-debt.events.js';
import type { orderEvents } from '#src/ledger/order/order.events.js';
import type { stockAdjustmentEvents } from '#src/ledger/stock-adjustment/stock-adjustment.events.js';
import { occurredAt, type RecordedEventOf } from '@mainstem/event-store';
import { customerMemory, skuMemory, spellingMemory, streamMemory, type RememberedSku, type RememberedStream } from './audit-memory.js';

export type LedgerEvent = RecordedEventOf<typeof orderEvents | typeof creditNoteEvents | typeof stockAdjustmentEvents | typeof badDebtEvents>;
type HeaderEvent = Extract<LedgerEvent, { readonly type: 'OrderPlaced' | 'CreditNoteIssued' }>;
type LineEvent = Extract<LedgerEvent, { readonly type: 'OrderLineAdded' | 'CreditLineAdded' }>;

const PRODUCT_SKU = /^[0-9]{5}[A-Za-z]*$/;
const LINE_DIGITS = 8;

export class LedgerAudit {
  readonly streams = streamMemory();
  readonly customers = customerMemory();
  readonly skus = skuMemory();
  readonly spellings = spellingMemory();
  /** Stream of the latest event. */
  lastStream: string | undefined;
  readonly #found = new Map<string, Violation>();
  readonly #settled = new Set<string>();

  /** New violations by key; some may be in the table already. */
  get found(): readonly Violation[] {
    return [...this.#found.values()];
  }

  /** Keys of violations that no longer hold. */
  get settled(): readonly string[] {
    return [...this.#settled];
  }

  /** Judges the next event, in order of position. */
  judge(event: LedgerEvent): void {
    const stream = this.#judgePlace(event);
    switch (event.type) {
      case 'OrderPlaced':
      case 'CreditNoteIssued':
        return this.#judgeHeader(event);
      case 'OrderLineAdded':
      case 'CreditLineAdded':
        return this.#judgeLine(event, stream);
      case 'StockAdjusted':
        if (event.data.note === null) this.#reportLine('missingNote.stockAdjustment', event.stream, event.data.line);
        this.#meet(event.data.sku);
        return;
      case 'BadDebtAdjusted':
        this.#meet(event.data.sku);
        return;
    }
  }

  #judgePlace(event: LedgerEvent): RememberedStream {
    if (event.revision > 0n && this.lastStream !== event.stream) this.#report('nonContiguousStream', event.stream);
    this.lastStream = event.stream;
    const at = occurredAt(event);
    if (isLine(event) && !this.streams.get(event.stream)) throw new LineWithoutDocument(event.stream);
    const customerId = isHeader(event) ? event.data.customerId : null;
    const stream = this.streams.touch(event.stream, () => ({ stream: event.stream, customerId, firstAt: at, lines: new Map() }));
    if (stream.firstAt !== at) this.#report('documentWithSeveralTimestamps', event.stream);
    return stream;
  }

  #judgeHeader(event: HeaderEvent): void {
    const { customerId, country } = event.data;
    if (customerId === null) return this.#report(event.type === 'OrderPlaced' ? 'missingCustomer.order' : 'missingCustomer.credit', event.stream);
    const customer = this.customers.touch(customerId, () => ({ customerId, country, balances: new Map() }));
    if (customer.country === country) return;
    this.#report('customerCountryChanged.customers', customerId);
    this.#report('customerCountryChanged.documents', event.stream);
    customer.country = country;
  }

  #judgeLine(event: LineEvent, stream: RememberedStream): void {
    const { sku, line } = event.data;
    const isOrder = event.type === 'OrderLineAdded';
    const report = (rule: ViolationRule): void => this.#reportLine(rule, event.stream, line);
    this.#judgeRepetition(event, stream, report);
    if (!PRODUCT_SKU.test(sku)) report(isOrder ? 'nonProductCode.order' : 'nonProductCode.credit');
    if (sku !== sku.toUpperCase()) report(isOrder ? 'skuNotUpperCase.order' : 'skuNotUpperCase.credit');
    if (isOrder) {
      const price = money(event.data.unitPrice);
      if (compareMoney(price, ZERO_MONEY) === 0) report('zeroPrice.order');
      if (!price.endsWith('0')) report('subPennyPrice.order');
    }
    this.#judgeSku(event);
    this.#judgeBalance(event, stream.customerId, report);
  }

  #judgeRepetition(event: LineEvent, { lines }: RememberedStream, report: (rule: ViolationRule) => void): void {
    const { sku, quantity, unitPrice, description } = event.data;
    const isOrder = event.type === 'OrderLineAdded';
    const line = `${quantity} ${money(unitPrice)} ${description}`;
    const sameSku = lines.get(sku);
    if (!sameSku) {
      lines.set(sku, new Set([line]));
      return;
    }
    report(isOrder ? 'repeatedSkuInDocument.order' : 'repeatedSkuInDocument.credit');
    if (sameSku.has(line)) report(isOrder ? 'exactDuplicateLine.order' : 'exactDuplicateLine.credit');
    sameSku.add(line);
  }

  // Reported when it begins and settled when it ends, not for each line: else every batch would write a popular SKU.
  #judgeSku(event: LineEvent): void {
    const remembered = this.#meet(event.data.sku);
    const wasReturnedMore = remembered.unitsReturned > remembered.unitsSold;
    if (event.type === 'OrderLineAdded') remembered.unitsSold += event.data.quantity;
    else remembered.unitsReturned += event.data.quantity;
    const isReturnedMore = remembered.unitsReturned > remembered.unitsSold;
    if (isReturnedMore && !wasReturnedMore) this.#report('skuReturnedMoreThanSold', remembered.sku);
    if (wasReturnedMore && !isReturnedMore) this.#settle('skuReturnedMoreThanSold', remembered.sku);
    const { descriptions } = remembered;
    if (descriptions.has(event.data.description)) return;
    descriptions.add(event.data.description);
    if (descriptions.size > 1) this.#report('skuWithSeveralDescriptions', remembered.sku);
  }

  #judgeBalance(event: LineEvent, customerId: string | null, report: (rule: ViolationRule) => void): void {
    const { sku, quantity } = event.data;
    const isOrder = event.type === 'OrderLineAdded';
    if (customerId === null) return isOrder ? undefined : report('returnNotVerifiable.noCustomer');
    const { balances } = this.customers.touch(customerId, () => {
      throw new LineWithoutDocument(event.stream);
    });
    const balance = balances.get(sku) ?? 0;
    balances.set(sku, isOrder ? balance + quantity : balance - quantity);
    if (isOrder || quantity <= balance) return;
    report(PRODUCT_SKU.test(sku) ? 'returnExceedsPurchased.product' : 'returnExceedsPurchased.nonProduct');
  }

  /** Remembers a SKU; a new one may be another spelling of a known one. */
  #meet(sku: string): RememberedSku {
    const isKnown = this.skus.get(sku) !== undefined;
    const remembered = this.skus.touch(sku, () => ({ sku, unitsSold: 0, unitsReturned: 0, descriptions: new Set() }));
    if (isKnown) return remembered;
    const upperCase = sku.toUpperCase();
    const { spellings } = this.spellings.touch(upperCase, () => ({ upperCase, spellings: new Set() }));
    spellings.add(sku);
    if (spellings.size > 1) this.#report('skuCaseVariantGroups', upperCase);
    return remembered;
  }

  #reportLine(rule: ViolationRule, stream: string, line: number): void {
    this.#report(rule, `${stream}/${line}`, `${stream}/${String(line).padStart(LINE_DIGITS, '0')}`);
  }

  #report(rule: ViolationRule, id: string, sortedId = id): void {
    const key = `${rule}/${sortedId}`;
    this.#settled.delete(key);
    this.#found.set(key, { key, rule, id });
  }

  #settle(rule: ViolationRule, id: string): void {
    const key = `${rule}/${id}`;
    this.#found.delete(key);
    this.#settled.add(key);
  }
}

export const isHeader = (event: LedgerEvent): event is HeaderEvent => event.type === 'OrderPlaced' || event.type === 'CreditNoteIssued';

const isLine = (event: LedgerEvent): event is LineEvent => event.type === 'OrderLineAdded' || event.type === 'CreditLineAdded';
