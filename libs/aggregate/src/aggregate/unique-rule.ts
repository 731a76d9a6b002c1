// What an aggregate declares to be unique among all aggregates of a scope.
import type { DomainEvent, StreamName } from '@mainstem/event-store';
import { InvalidAggregate, type CommandRefused } from '../errors.js';

/** A value that at most one aggregate has at a time. An aggregate has at most one value for each rule. */
export interface UniqueRule<Event extends DomainEvent> {
  /** What is unique, such as `document-no`. One aggregate has no two rules of one name. */
  readonly name: string;
  /**
   * Aggregates whose rules have the same name and scope share their values. Default: the category, shared with no
   * other.
   */
  readonly scope?: string;
  /**
   * What the event says about the value. A text: the aggregate has this value from now on, and gives up an earlier one.
   * Null: it gives up its value. Undefined: nothing. Pure and total, as `evolve` is.
   */
  of(event: Event): string | null | undefined;
  /** Texts that count as one value give one text here. Pure. Default: each text as it is. */
  normalise?(value: string): string;
  /**
   * The refusal when another aggregate has the value. `value` is normalised and has at most 200 characters.
   * Default, and for anything but an error: `UniqueValueTaken`, which does not name the holder.
   */
  refusal?(value: string, holder: StreamName): CommandRefused;
}

/** Categories that share their ids: of each id at most one of them has a stream. It costs no event. */
export interface UniqueIdRule {
  /**
   * The other categories that may have this id; its own one may be among them, and counts for nothing. Pure. Each of
   * them declares the same about this one.
   */
  among(id: string): readonly string[];
  /**
   * The refusal when one of them has it. Default, and for anything but an error: `UniqueValueTaken`, which does not
   * name the holder.
   */
  refusal?(id: string, holder: StreamName): CommandRefused;
}

/** Category of the streams that stand for values. No aggregate may have it. */
export const CLAIM_CATEGORY = 'mainstem.claim';

const MEMBERS: readonly string[] = ['name', 'scope', 'of', 'normalise', 'refusal'];

/** Errors: AGGREGATE_INVALID_DEFINITION. */
export const assertRulesDiffer = (category: string, rules: readonly UniqueRule<never>[] = [], uniqueId?: UniqueIdRule): void => {
  if (uniqueId !== undefined && typeof uniqueId?.among !== 'function')
    throw new InvalidAggregate(category, 'uniqueId needs among, a function of the id');
  if (category === CLAIM_CATEGORY) throw new InvalidAggregate(category, 'its category is reserved for the claims of unique values');
  if (!Array.isArray(rules) || rules.some((rule) => Object(rule) !== rule)) throw new InvalidAggregate(category, 'unique must be a list of rules');
  const names = new Set<string>();
  for (const rule of rules) {
    const { name, scope = category, of, normalise, refusal } = rule;
    if (typeof name !== 'string' || name === '') throw new InvalidAggregate(category, 'each rule of unique needs a name');
    if (typeof scope !== 'string' || scope === '') throw new InvalidAggregate(category, `rule ${name} of unique has a scope that is no text`);
    if (typeof of !== 'function') throw new InvalidAggregate(category, `rule ${name} of unique needs of, a function of the event`);
    for (const [member, value] of Object.entries({ normalise, refusal }))
      if (value !== undefined && typeof value !== 'function')
        throw new InvalidAggregate(category, `${member} of rule ${name} of unique is no function`);
    const unknown = Object.keys(rule).find((member) => !MEMBERS.includes(member));
    if (unknown !== undefined)
      throw new InvalidAggregate(category, `rule ${name} of unique has no member ${unknown}; there are ${MEMBERS.join(', ')}`);
    if (names.has(name)) throw new InvalidAggregate(category, `it has two rules of unique with the name ${name}`);
    names.add(name);
  }
};
