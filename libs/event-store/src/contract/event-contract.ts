// The contract of events: what stored payloads hold, as data that can be kept in a file and compared.
import type { JsonValue } from '../json.js';

/**
 * What one value may be. `type` is `string`, `integer`, `number`, `boolean`, `object`, `list`, several of them joined
 * by ` | `, `one-or-list` (a value, or a list of such values), or `any`. Rules have the names of class-validator. Only
 * bounds and sets have names of their own, since they stand for several of its decorators.
 */
export interface ValueContract {
  readonly type: string;
  readonly rules?: RuleTerms;
  /** Of a nested object whose class is known. */
  readonly fields?: FieldContracts;
  /** Of the members of `list` and `one-or-list`, if anything is known of them. */
  readonly items?: ValueContract;
}

/** A rule's name and what it is given; `true` for nothing. */
export type RuleTerms = Readonly<Record<string, JsonValue>>;

export interface FieldContract extends ValueContract {
  /** It may be missing. */
  readonly optional?: true;
  /** It may be null. */
  readonly nullable?: true;
  /** Its rules count only under a condition that depends on more than the field itself. */
  readonly conditional?: true;
}

export type FieldContracts = Readonly<Record<string, FieldContract>>;

/** One event type: the schema version that new events have, and their payload. */
export interface EventContract {
  readonly version: number;
  readonly fields: FieldContracts;
}

/** By `category/Type`, in order of that name. */
export type EventContracts = Readonly<Record<string, EventContract>>;

/** `category/Type`: type names are local to their category. */
export const eventName = (category: string, type: string): string => `${category}/${type}`;
