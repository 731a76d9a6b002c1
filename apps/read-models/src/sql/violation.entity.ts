// Read model of the rules that the recorded data breaks.
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Every rule with its reported key. */
export const VIOLATION_RULES = [
  'customerCountryChanged.customers',
  'customerCountryChanged.documents',
  'documentWithSeveralTimestamps',
  'exactDuplicateLine.credit',
  'exactDuplicateLine.order',
  'missingCustomer.credit',
  'missingCustomer.order',
  'missingNote.stockAdjustment',
  'nonContiguousStream',
  'nonProductCode.credit',
  'nonProductCode.order',
  'repeatedSkuInDocument.credit',
  'repeatedSkuInDocument.order',
  'returnExceedsPurchased.nonProduct',
  'returnExceedsPurchased.product',
  'returnNotVerifiable.noCustomer',
  'skuCaseVariantGroups',
  'skuNotUpperCase.credit',
  'skuNotUpperCase.order',
  'skuReturnedMoreThanSold',
  'skuWithSeveralDescriptions',
  'subPennyPrice.order',
  'zeroPrice.order',
] as const;

export type ViolationRule = (typeof VIOLATION_RULES)[number];

/** A subject that breaks a rule; it is listed once for each rule. */
@Entity('violations')
export class Violation {
  /** Rule and subject, padded so that text order is line order. */
  @PrimaryColumn('text') key!: string;
  @Index() @Column('text') rule!: ViolationRule;
  /** A stream, `stream/line`, a customer, a SKU, or for groups of spellings the SKU in upper case. */
  @Column('text') id!: string;
}
