// Decides quickly whether rules are certainly obeyed: class-validator's own validators without its bookkeeping.
import type { ValidationArguments } from 'class-validator';
import {
  constraintsOf,
  rulesOf,
  type Condition,
  type PreparedRules,
  type RuledClass,
  type RuleMetadata,
  type RuleValidator,
  type WatchedConstraint,
} from './prepared-rules.js';
import { isBuiltIn } from './json.js';
import type { RuleOptions } from './rule-options.js';

type Fields = Readonly<Record<string, unknown>>;

/** One validator of one rule, with its arguments. */
interface Check {
  readonly constraint: WatchedConstraint;
  /** The validator, if it is always the same one. */
  readonly fixed: RuleValidator | undefined;
  readonly constraints: unknown[];
  readonly validateIf: Condition | undefined;
  readonly each: boolean;
  readonly targetName: string;
}

export interface FieldRules {
  readonly property: string;
  /** True for a name that every object has: the field is looked up in the object itself alone. */
  readonly isInherited: boolean;
  readonly conditions: readonly Condition[];
  readonly checks: readonly Check[];
  readonly isNested: boolean;
  /** How many lists may surround a nested object: lists in lists only where a rule says so. */
  readonly listsMax: number;
}

interface ClassRules {
  readonly fields: ReadonlyMap<string, FieldRules>;
  /** The same fields as a list: this runs for every object. */
  readonly inOrder: readonly FieldRules[];
  /** False if class-validator must be asked for everything. */
  readonly isPlain: boolean;
}

const DEPTH_MAX = 64;
const PLAIN_TYPES = ['customValidation', 'conditionalValidation', 'nestedValidation', 'whitelistValidation'];

const known = new WeakMap<PreparedRules, ClassRules>();

export const fieldRulesOf = (rules: PreparedRules): ClassRules => {
  const found = known.get(rules);
  if (found) return found;
  const fields = new Map(Object.entries(rules.byProperty).map(([property, metadata]) => [property, readField(rules.ruledClass, property, metadata)]));
  const read = {
    fields,
    inOrder: [...fields.values()],
    isPlain: fields.size > 0 && !fields.has('constructor') && rules.metadata.every(({ type }) => PLAIN_TYPES.includes(type)),
  };
  known.set(rules, read);
  return read;
};

const readField = (ruledClass: RuledClass, property: string, metadata: readonly RuleMetadata[]): FieldRules => ({
  property,
  isInherited: property in Object.prototype,
  conditions: metadata.filter(({ type }) => type === 'conditionalValidation').map(({ constraints }) => (constraints as [Condition])[0]),
  checks: metadata
    .filter(({ type }) => type === 'customValidation')
    .flatMap((rule) => constraintsOf(rule.constraintCls).map((constraint) => checkOf(ruledClass, rule, constraint))),
  isNested: metadata.some(({ type }) => type === 'nestedValidation'),
  listsMax: listsMax(ruledClass, property, metadata),
});

const checkOf = ({ name }: RuledClass, { constraints, validateIf, each }: RuleMetadata, constraint: WatchedConstraint): Check => ({
  constraint,
  fixed: constraint.isFixed ? constraint.instance : undefined,
  constraints: constraints as unknown[],
  validateIf,
  each,
  targetName: name,
});

const listsMax = (ruledClass: RuledClass, property: string, metadata: readonly RuleMetadata[]): number => {
  const isOfLists = ({ name, each }: RuleMetadata): boolean => each && name === 'isArray';
  if (metadata.some(isOfLists)) return 2;
  const isOfList = ({ name, each }: RuleMetadata): boolean => each || /^(isArray|array)/.test((name as string | undefined) ?? '');
  return metadata.some(isOfList) || isDeclaredAsList(ruledClass, property) ? 1 : 0;
};

const isDeclaredAsList = (ruledClass: RuledClass, property: string): boolean => typeOf(ruledClass, property) === Array;

/** The class of a field that is declared with one; undefined if it is not known. */
export const declaredType = (ruledClass: RuledClass, property: string): RuledClass | undefined => {
  const type = typeOf(ruledClass, property);
  return typeof type === 'function' && !isBuiltIn(type.prototype as object) ? (type as RuledClass) : undefined;
};

/** TypeScript records the type of a decorated field if the application has loaded reflect-metadata. */
const typeOf = (ruledClass: RuledClass, property: string): unknown => {
  const { getMetadata } = Reflect as { getMetadata?: (key: string, target: object, property: string) => unknown };
  return getMetadata?.('design:type', ruledClass.prototype as object, property);
};

/**
 * True if every validator that class-validator would ask accepts the instance. False proves nothing: ask
 * class-validator then. Its own run costs about ten times as much, mostly for errors that it prepares and throws away.
 */
export const areObeyedBy = (rules: PreparedRules, object: object, depth = 0): boolean => {
  const { fields, inOrder, isPlain } = fieldRulesOf(rules);
  if (!isPlain) return false;
  const keys = Object.keys(object);
  // Most objects have their fields in the order of the class. Counted loops: this runs for every event.
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    if (key !== inOrder[index]?.property && !fields.has(key)) return false;
  }
  for (let index = 0; index < inOrder.length; index++) {
    if (!isObeyed(inOrder[index] as FieldRules, object as Fields, rules.options, depth)) return false;
  }
  return true;
};

const isObeyed = (field: FieldRules, object: Fields, options: RuleOptions, depth: number): boolean => {
  const { property, conditions, checks } = field;
  const value = field.isInherited && !Object.hasOwn(object, property) ? undefined : object[property];
  let isSkipped = (value === undefined || value === null) && isMissing(value, options);
  // Every validator is asked, as in class-validator, because one may throw.
  for (let index = 0; index < conditions.length; index++) if (!(conditions[index] as Condition)(object, value)) isSkipped = true;
  if (isSkipped) return true;
  for (let index = 0; index < checks.length; index++) {
    const check = checks[index] as Check;
    if (check.validateIf && !check.validateIf(object, value)) continue;
    const args = { value, constraints: check.constraints, targetName: check.targetName, object, property };
    if (!isTrue(check, value, args)) return false;
  }
  return !field.isNested || value === undefined || isNestedObeyed(value, field.listsMax, options, depth);
};

const isMissing = (value: undefined | null, { skipMissingProperties, skipNullProperties, skipUndefinedProperties }: RuleOptions): boolean =>
  (value === undefined && (skipMissingProperties === true || skipUndefinedProperties === true)) ||
  (value === null && (skipMissingProperties === true || skipNullProperties === true));

const isTrue = ({ fixed, constraint, each }: Check, value: unknown, args: ValidationArguments): boolean => {
  const instance = fixed ?? constraint.instance;
  if (!each) return instance.validate(value, args) === true;
  // class-validator handles sets and maps.
  return Array.isArray(value) && value.every((member) => instance.validate(member, args) === true);
};

const isNestedObeyed = (value: unknown, lists: number, options: RuleOptions, depth: number): boolean => {
  if (depth >= DEPTH_MAX || value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return lists > 0 && areMembersObeyed(value, lists - 1, options, depth + 1);
  const ruledClass = classOf(value);
  return ruledClass !== undefined && areObeyedBy(rulesOf(ruledClass, options), value, depth + 1);
};

const areMembersObeyed = (values: readonly unknown[], lists: number, options: RuleOptions, depth: number): boolean => {
  let prototype: unknown;
  let rules: PreparedRules | undefined;
  for (let index = 0; index < values.length; index++) {
    const member = values[index];
    // A hole is for class-validator, which passes over it.
    if (member === null || typeof member !== 'object' || Array.isArray(member) || depth >= DEPTH_MAX) {
      if (!isNestedObeyed(member, lists, options, depth)) return false;
      continue;
    }
    // The members of a list nearly always have the same class.
    const own: unknown = Object.getPrototypeOf(member);
    if (!rules || own !== prototype) {
      const ruledClass = classOf(member);
      if (ruledClass === undefined) return false;
      prototype = own;
      rules = rulesOf(ruledClass, options);
    }
    if (!areObeyedBy(rules, member, depth + 1)) return false;
  }
  return true;
};

/** The class of an instance. `value.constructor` may be data, so it is not used. */
export const classOf = (value: object): RuledClass | undefined => {
  const prototype = Object.getPrototypeOf(value) as { readonly constructor: unknown } | null;
  return typeof prototype?.constructor === 'function' ? (prototype.constructor as RuledClass) : undefined;
};
