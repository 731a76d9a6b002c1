// What class-validator accepts for the fields of a class, as far as its own rules tell.
import { violationsOfRules } from '../declared-rules.js';
import { declaredType, fieldRulesOf } from '../obeyed-rules.js';
import { constraintsOf, rulesOf, type Condition, type PreparedRules, type RuledClass, type RuleMetadata } from '../prepared-rules.js';
import type { RuleOptions } from '../rule-options.js';
import type { FieldContract, FieldContracts, ValueContract } from './event-contract.js';
import { termsOf, typeOfRules, type StatedRule } from './rule-terms.js';

/** The class of the nested objects of a field, or undefined if it is not known. */
export type NestedClassOf = (ruledClass: RuledClass, property: string) => RuledClass | undefined;

/** The fields of a payload class, by name. A class that contains itself is described down to the repetition. */
export const payloadContract = (ruledClass: RuledClass, options: RuleOptions, nestedClassOf: NestedClassOf = () => undefined): FieldContracts =>
  fieldsOf(ruledClass, { options, nestedClassOf, inside: [] });

interface Surroundings {
  readonly options: RuleOptions;
  readonly nestedClassOf: NestedClassOf;
  /** The classes that surround this one. */
  readonly inside: readonly RuledClass[];
}

const fieldsOf = (ruledClass: RuledClass, surroundings: Surroundings): FieldContracts => {
  const rules = rulesOf(ruledClass, surroundings.options);
  const names = Object.keys(rules.byProperty).toSorted();
  const refusesNone = refusedFields(rules, {});
  const refusesNull = refusedFields(rules, Object.fromEntries(names.map((name) => [name, null])));
  const fields = names.map((property): readonly [string, FieldContract] => {
    const metadata = rules.byProperty[property] ?? [];
    const isConditional = conditionsOf(metadata).some((condition) => !concernsFieldAlone(condition, property));
    const value = valueOf(ruledClass, property, metadata, { ...surroundings, inside: [...surroundings.inside, ruledClass] });
    return [
      property,
      {
        ...value,
        ...((isConditional || !refusesNone.has(property)) && { optional: true }),
        ...((isConditional || !refusesNull.has(property)) && { nullable: true }),
        ...(isConditional && { conditional: true }),
      },
    ];
  });
  return Object.fromEntries(fields);
};

/** class-validator itself says which fields may be missing or null. A validator of the application may throw. */
const refusedFields = ({ ruledClass, options, byProperty }: PreparedRules, payload: object): ReadonlySet<string> => {
  try {
    return new Set(violationsOfRules(payload, ruledClass, options).map(({ field }) => field));
  } catch {
    return new Set(Object.keys(byProperty));
  }
};

const conditionsOf = (metadata: readonly RuleMetadata[]): readonly Condition[] =>
  metadata.filter(({ type }) => type === 'conditionalValidation').map(({ constraints }) => (constraints as [Condition])[0]);

/** One value of each kind of JSON except null. */
const KINDS: readonly unknown[] = ['text', 1, true, {}, []];

/** True for a condition such as `value !== null`, which lets every other value be checked. */
const concernsFieldAlone = (condition: Condition, property: string): boolean =>
  KINDS.every((value) => {
    let looksElsewhere = false;
    const read = (_: object, key: string | symbol): unknown => {
      if (key === property) return value;
      looksElsewhere = true;
      return undefined;
    };
    try {
      return Boolean(condition(new Proxy({}, { get: read }), value)) && !looksElsewhere;
    } catch {
      return false;
    }
  });

const valueOf = (ruledClass: RuledClass, property: string, metadata: readonly RuleMetadata[], surroundings: Surroundings): ValueContract => {
  const stated = metadata.filter(({ type }) => type === 'customValidation').flatMap(statedRules);
  const own = stated.filter(({ each }) => !each);
  const ofMembers = stated.filter(({ each }) => each);
  const isNested = metadata.some(({ type }) => type === 'nestedValidation');
  const lists = isNested ? (fieldRulesOf(rulesOf(ruledClass, surroundings.options)).fields.get(property)?.listsMax ?? 0) : 0;
  const members = { ...ruled(ofMembers), ...(isNested && nestedOf(ruledClass, property, surroundings)) };
  if (ofMembers.length === 0 && lists === 0) return isNested ? { ...ruled(own), ...members } : ruled(own);
  const type = typeOfRules(own);
  // Rules for members concern a single value as well; here no list is accepted.
  if (type !== 'list' && type !== 'any') return { ...ruled(stated), ...(isNested && nestedOf(ruledClass, property, surroundings)) };
  const terms = termsOf(own);
  return {
    // Without a rule that wants a list, class-validator takes a single value for its only member.
    type: type === 'list' ? 'list' : 'one-or-list',
    ...(Object.keys(terms).length > 0 && { rules: terms }),
    ...(lists < 2 && { items: members }),
  };
};

const ruled = (rules: readonly StatedRule[]): ValueContract => {
  const terms = termsOf(rules);
  return { type: typeOfRules(rules), ...(Object.keys(terms).length > 0 && { rules: terms }) };
};

const nestedOf = (ruledClass: RuledClass, property: string, surroundings: Surroundings): ValueContract => {
  const nested = declaredType(ruledClass, property) ?? surroundings.nestedClassOf(ruledClass, property);
  const isKnown = nested !== undefined && !surroundings.inside.includes(nested);
  return { type: 'object', ...(isKnown && { fields: fieldsOf(nested, surroundings) }) };
};

const statedRules = (rule: RuleMetadata): readonly StatedRule[] =>
  constraintsOf(rule.constraintCls).map((constraint) => ({
    name: (rule.name as string | undefined) ?? constraint.name,
    given: (rule.constraints ?? []) as readonly unknown[],
    each: rule.each,
    isConditional: Boolean(rule.validateIf),
    isOfLibrary: constraint.isFixed,
  }));
