// The class-validator rules of a class: class-validator decides, and this file names each broken field by its path.
import type { ValidationError } from 'class-validator';
import { UncheckableField } from './errors.js';
import { isBuiltIn } from './json.js';
import { areObeyedBy, classOf, declaredType, fieldRulesOf, type FieldRules } from './obeyed-rules.js';
import { errorsOf, rulesOf, type PreparedRules, type RuledClass } from './prepared-rules.js';
import { DEFAULT_RULES, type RuleOptions } from './rule-options.js';

/** One field that breaks a rule. `field` is a path such as `lines.3.quantity`. */
export interface FieldViolation {
  readonly field: string;
  readonly message: string;
}

/**
 * Every rule of `ruledClass` that the object breaks, and every field that the class does not declare. The list is empty
 * for a valid object. The object is checked as an instance of `ruledClass`, even if it is an instance of another class.
 * Nested objects must be instances of their classes; a list may stand for one only where the class declares a list. An
 * object without fields passes for a class without rules. `options` come from `ruleOptions`. Errors:
 * EVENT_STORE_ASYNCHRONOUS_RULE, EVENT_STORE_UNCHECKABLE_FIELD.
 */
export const violationsOfRules = (object: object, ruledClass: RuledClass, options = DEFAULT_RULES): readonly FieldViolation[] => {
  const rules = rulesOf(ruledClass, options);
  if (rules.metadata.length === 0) return violationsWithoutRules(object, ruledClass, options);
  const instance = instanceOf(object, rules);
  if (areObeyedBy(rules, instance)) return [];
  const misplaced = misplacedIn(instance, rules, '', 0);
  return misplaced.length > 0 ? misplaced : violationsIn(errorsOf(withOwnFields(instance, rules, 0), rules), '', options);
};

const violationsWithoutRules = (object: object, ruledClass: RuledClass, options: RuleOptions): readonly FieldViolation[] => {
  if (isBuiltIn(ruledClass.prototype as object) && !isObjectClass(ruledClass))
    return [{ field: '', message: `must be an object with fields, not a ${ruledClass.name}` }];
  return Object.keys(object).length === 0 ? [] : [{ field: '', message: withoutRules(ruledClass, options) }];
};

/**
 * Refuses a class with an asynchronous rule, or with a rule that class-validator cannot check in a nested object. It
 * looks at nested classes as far as the types of fields are known. Types of lists, and all types without
 * reflect-metadata, are known only when the first object comes. Errors: EVENT_STORE_ASYNCHRONOUS_RULE,
 * EVENT_STORE_UNCHECKABLE_FIELD.
 */
export const assertCheckable = (ruledClass: RuledClass, options = DEFAULT_RULES): void => {
  const pending = [ruledClass];
  const seen = new Set(pending);
  for (let next = pending.pop(); next; next = pending.pop()) {
    const rules = rulesOf(next, options);
    if (next !== ruledClass) assertNestable(rules);
    for (const { property, isNested } of fieldRulesOf(rules).fields.values()) {
      const nested = isNested ? declaredType(next, property) : undefined;
      if (nested === undefined || seen.has(nested)) continue;
      seen.add(nested);
      pending.push(nested);
    }
  }
};

/** class-validator asks a nested object for its class by this name. */
const assertNestable = ({ ruledClass, byProperty }: PreparedRules): void => {
  if ('constructor' in byProperty) throw new UncheckableField(ruledClass.name, 'constructor');
};

/** True if the class has a rule for this field. */
export const declaresField = (ruledClass: RuledClass, field: string): boolean => field in rulesOf(ruledClass, DEFAULT_RULES).byProperty;

/** Flattens class-validator's tree of errors into one entry for each broken rule, with the path of its field. */
export const fieldViolations = (errors: readonly ValidationError[], parent = ''): readonly FieldViolation[] =>
  violationsIn(errors, parent, DEFAULT_RULES);

const violationsIn = (errors: readonly ValidationError[], parent: string, options: RuleOptions): readonly FieldViolation[] =>
  errors.flatMap((error) => {
    // class-validator leaves the property undefined for a value of unknown class.
    const own = error.property as string | undefined;
    const field = [parent, own].filter(Boolean).join('.');
    const violations = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      field,
      message: rule === 'unknownValue' ? unknownValue(error.target, options) : typeof message === 'string' ? message : `breaks ${rule}`,
    }));
    return [...violations, ...violationsIn(error.children ?? [], field, options)];
  });

const withoutRules = ({ name }: RuledClass, { groups, strictGroups }: RuleOptions): string => {
  const where = groups && groups.length > 0 ? ` for the groups ${groups.join(', ')}` : strictGroups ? ' outside of groups' : '';
  return `class ${name} declares no rule of class-validator${where}; give each of its fields a decorator such as @IsString(), or @Allow() for any value`;
};

const unknownValue = (value: object | undefined, options: RuleOptions): string => {
  const ruledClass = value && classOf(value);
  return ruledClass === undefined || isObjectClass(ruledClass)
    ? 'must be an instance of its class; name the class by @Type(() => …) of class-transformer, or make an instance'
    : withoutRules(ruledClass, options);
};

/** True for `Object`, also that of another realm. */
export const isObjectClass = (ruledClass: RuledClass): boolean =>
  ruledClass.name === 'Object' && Object.getPrototypeOf(ruledClass.prototype) === null;

/** Copies the fields into an instance of the class itself: a child class could switch rules off. */
const instanceOf = (object: object, { ruledClass, inheritedNames, isBare }: PreparedRules): object => {
  if (inheritedNames.length === 0 && Object.getPrototypeOf(object) === ruledClass.prototype) return object;
  const instance = Object.create(ruledClass.prototype as object) as Record<string, unknown>;
  if (isBare && inheritedNames.length === 0 && !Object.hasOwn(object, '__proto__')) return Object.assign(instance, object);
  for (const key of Object.keys(object)) {
    const value = (object as Readonly<Record<string, unknown>>)[key];
    // A field named __proto__, or named like a getter or method of the class, stays data.
    if (key in instance) Object.defineProperty(instance, key, { value, writable: true, enumerable: true, configurable: true });
    else instance[key] = value;
  }
  for (const name of inheritedNames) if (!Object.hasOwn(instance, name)) Object.defineProperty(instance, name, { value: undefined });
  return instance;
};

/** Copies the instance and its nested instances so that a missing field is not found on `Object.prototype`. */
const withOwnFields = (instance: object, rules: PreparedRules, depth: number): object => {
  let own = instance;
  for (const { property, isNested } of fieldRulesOf(rules).fields.values()) {
    if (!isNested || depth >= DEPTH_MAX) continue;
    const value = (instance as Readonly<Record<string, unknown>>)[property];
    const nested = nestedWithOwnFields(value, rules.options, depth + 1);
    if (nested === value) continue;
    if (own === instance) own = Object.create(Object.getPrototypeOf(instance) as object, Object.getOwnPropertyDescriptors(instance)) as object;
    Object.defineProperty(own, property, { value: nested, writable: true, enumerable: true, configurable: true });
  }
  return own;
};

const nestedWithOwnFields = (value: unknown, options: RuleOptions, depth: number): unknown => {
  if (value === null || typeof value !== 'object' || depth >= DEPTH_MAX) return value;
  if (Array.isArray(value)) {
    const members = value.map((member) => nestedWithOwnFields(member, options, depth + 1));
    return members.some((member, index) => member !== value[index]) ? members : value;
  }
  if (value instanceof Set) return new Set([...value].map((member) => nestedWithOwnFields(member, options, depth + 1)));
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, nestedWithOwnFields(member, options, depth + 1)]));
  const ruledClass = classOf(value);
  if (ruledClass === undefined) return value;
  const rules = rulesOf(ruledClass, options);
  const missing = rules.inheritedNames.filter((name) => name !== 'constructor' && !Object.hasOwn(value, name));
  const own = withOwnFields(value, rules, depth);
  if (missing.length === 0) return own;
  const copy = Object.create(ruledClass.prototype as object, Object.getOwnPropertyDescriptors(own)) as object;
  for (const name of missing) Object.defineProperty(copy, name, { value: undefined });
  return copy;
};

const DEPTH_MAX = 64;

/** Finds what class-validator misses: undeclared lists, and unknown fields named like members of the class. */
const misplacedIn = (object: object, rules: PreparedRules, path: string, depth: number): readonly FieldViolation[] => {
  const violations: FieldViolation[] = [];
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  for (const key of Object.keys(object)) {
    const isShadow = key in rules.ruledClass.prototype && !(key in rules.byProperty);
    if (isShadow) violations.push({ field: at(key), message: `property ${key} should not exist` });
  }
  // Conditions may need the class members that these fields hide.
  if (violations.length > 0) return violations;
  for (const field of fieldRulesOf(rules).fields.values()) {
    const value = (object as Readonly<Record<string, unknown>>)[field.property];
    if (isNestedNow(field, object, value)) violations.push(...misplacedAt(value, field.listsMax, at(field.property), rules.options, depth));
  }
  return violations;
};

const isNestedNow = ({ isNested, conditions }: FieldRules, object: object, value: unknown): value is object =>
  isNested && value !== null && typeof value === 'object' && conditions.every((condition) => condition(object, value));

const misplacedAt = (value: unknown, lists: number, path: string, options: RuleOptions, depth: number): readonly FieldViolation[] => {
  if (value === null || typeof value !== 'object') return [];
  if (depth >= DEPTH_MAX) return [{ field: path, message: `must not be nested deeper than ${DEPTH_MAX} levels` }];
  if (Array.isArray(value)) {
    if (lists === 0) return [{ field: path, message: 'must be an object, not a list' }];
    return value.flatMap((member, index) => misplacedAt(member, lists - 1, `${path}.${index}`, options, depth + 1));
  }
  if (value instanceof Map || value instanceof Set) {
    const keys = value instanceof Map ? [...value.keys()] : [...value].keys();
    const members = [...value.values()];
    return [...keys].flatMap((key, index) => misplacedAt(members[index], Math.max(0, lists - 1), `${path}.${String(key)}`, options, depth + 1));
  }
  const ruledClass = classOf(value);
  if (ruledClass === undefined) return [];
  const rules = rulesOf(ruledClass, options);
  assertNestable(rules);
  return misplacedIn(value, rules, path, depth + 1);
};
