// One difference between two contracts, or between a contract and what is stored.

export type ContractChangeKind =
  | 'ambiguous-event'
  | 'event-added'
  | 'event-removed'
  | 'event-renamed'
  | 'version-lowered'
  | 'version-raised'
  | 'field-added'
  | 'field-removed'
  | 'field-renamed'
  | 'field-required'
  | 'field-optional'
  | 'null-refused'
  | 'null-accepted'
  | 'type-narrowed'
  | 'type-widened'
  | 'rule-tightened'
  | 'rule-widened'
  | 'stored-field-unknown'
  | 'stored-field-missing'
  | 'stored-type-differs'
  | 'stored-rule-broken'
  | 'stored-version-newer'
  | 'stored-not-lifted'
  | 'stored-event-undeclared';

export interface ContractChange {
  readonly kind: ContractChangeKind;
  /** `category/Type`. */
  readonly event: string;
  /** A path such as `lines[].sku`; absent for a change of the event as a whole. */
  readonly field?: string;
  /** The new name of what was renamed. A guess: by the nearest name, or the same type and rules. */
  readonly renamedTo?: string;
  /** Schema versions of the stored events that it concerns: the first 100 different ones. */
  readonly versions: readonly number[];
  readonly isBreaking: boolean;
  /** What has changed, in a sentence. */
  readonly message: string;
  /** What to do about a break. */
  readonly advice?: string;
  /** Of a change that stored events show: how many of those read, and the first of them. */
  readonly count?: number;
  readonly example?: { readonly stream: string; readonly position: bigint };
}
