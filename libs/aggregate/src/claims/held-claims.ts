// Which values an aggregate has, as its events say: folded like its state.
import { hash } from 'node:crypto';
import { streamOf, type DomainEvent, type StreamName } from '@mainstem/event-store';
import type { Aggregate } from '../aggregate/aggregate.js';
import { isAsynchronous } from '../aggregate/asynchronous.js';
import { CLAIM_CATEGORY, type UniqueRule } from '../aggregate/unique-rule.js';
import { InvalidAggregate } from '../errors.js';

/** A value of a rule. */
export interface HeldClaim {
  readonly rule: UniqueRule<DomainEvent>;
  readonly scope: string;
  /** Normalised; of a long one its beginning. */
  readonly value: string;
  /** The stream that stands for it. */
  readonly stream: StreamName;
}

/** By the name of the rule. */
export type HeldClaims = ReadonlyMap<string, HeldClaim>;

export const NO_CLAIMS: HeldClaims = new Map();

/** What an append has to take and to give up. */
export interface ClaimChanges {
  readonly takes: readonly HeldClaim[];
  readonly releases: readonly HeldClaim[];
}

export const NO_CHANGES: ClaimChanges = { takes: [], releases: [] };

type Ruled = Pick<Aggregate<unknown, never, DomainEvent>, 'category' | 'unique'>;

const SHOWN_MAX = 200;

/** The values after one more event. Errors: AGGREGATE_INVALID_DEFINITION, and those of the rules. */
export const heldAfter = ({ category, unique }: Ruled, held: HeldClaims, event: DomainEvent): HeldClaims => {
  if (unique === undefined) return held;
  let after: Map<string, HeldClaim> | undefined;
  for (const rule of unique) {
    const said: unknown = rule.of(event);
    if (said === undefined) continue;
    after ??= new Map(held);
    if (said === null) after.delete(rule.name);
    else after.set(rule.name, claimOf(category, rule, said));
  }
  return after ?? held;
};

/** Undefined if nothing changes. */
export const changesBetween = (before: HeldClaims, after: HeldClaims): ClaimChanges | undefined => {
  if (before === after) return undefined;
  const takes = [...after.values()].filter(({ rule, stream }) => before.get(rule.name)?.stream !== stream);
  const releases = [...before.values()].filter(({ rule, stream }) => after.get(rule.name)?.stream !== stream);
  return takes.length + releases.length === 0 ? undefined : { takes, releases };
};

const claimOf = (category: string, rule: UniqueRule<DomainEvent>, said: unknown): HeldClaim => {
  const value = typeof said === 'string' && rule.normalise ? (rule.normalise(said) as unknown) : said;
  if (isAsynchronous(value) || typeof value !== 'string')
    throw new InvalidAggregate(category, `rule ${rule.name} of unique must give a text, null or undefined`);
  const { name, scope = category } = rule;
  const shown = value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX - 1)}…` : value;
  return { rule, scope, value: shown, stream: claimStreamOf(scope, name, value) };
};

/** Any text makes a name: its hash. JSON keeps the three apart, and halves of surrogate pairs, too. */
const claimStreamOf = (scope: string, name: string, value: string): StreamName =>
  streamOf(CLAIM_CATEGORY, hash('sha256', JSON.stringify([scope, name, value]), 'hex'));
