// The class-validator rules that a class declares, checked fast when they are obeyed and told by name when they are broken.
import { getMetadataStorage, validateSync, type ValidationArguments, type ValidationError } from 'class-validator';

/** One field that breaks a rule. `field` is a path such as `lines.3.quantity`. */
export interface FieldViolation {
  readonly field: string;
  readonly message: string;
}

/**
 * Every rule of `ruledClass` that the object breaks, and every field that the class does not declare; empty when it obeys them all.
 * Nested objects have to be instances of their classes, the object itself need not be. An object without fields passes for a class
 * without rules.
 */
export const violationsOfRules = (object: object, ruledClass: new () => object): readonly FieldViolation[] => {
  if (rulesOf(ruledClass)?.areObeyedBy(object)) return [];
  const reserved = reservedFields(object, '');
  if (reserved.length > 0) return reserved;
  // Descriptors, not assignment: an own property called __proto__ must stay data.
  const instance =
    object instanceof ruledClass ? object : (Object.create(ruledClass.prototype as object, Object.getOwnPropertyDescriptors(object)) as object);
  // class-validator refuses objects of a class without rules; an event without payload is a legitimate one.
  const forbidUnknownValues = Object.keys(object).length > 0;
  return fieldViolations(validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues, stopAtFirstError: true }), '');
};

/** Flattens class-validator's tree of errors: one entry a broken rule, with the path of its field. */
export const fieldViolations = (errors: readonly ValidationError[], parent = ''): readonly FieldViolation[] =>
  errors.flatMap((error) => {
    // class-validator leaves the property undefined for a value of unknown class.
    const own = error.property as string | undefined;
    const field = [parent, own].filter(Boolean).join('.');
    const violations = Object.values(error.constraints ?? {}).map((message) => ({ field, message }));
    return [...violations, ...fieldViolations(error.children ?? [], field)];
  });

const DEPTH_MAX = 64;

/** Fields named like members of every object: class-validator looks fields up in plain objects, and would take these for declared ones. */
const reservedFields = (value: unknown, path: string, depth = 0): readonly FieldViolation[] => {
  if (value === null || typeof value !== 'object' || depth > DEPTH_MAX) return [];
  return Object.keys(value).flatMap((key) => {
    const field = path === '' ? key : `${path}.${key}`;
    if (key in Object.prototype) return [{ field, message: `property ${key} should not exist` }];
    return reservedFields((value as Readonly<Record<string, unknown>>)[key], field, depth + 1);
  });
};

interface Check {
  readonly validator: { validate(value: unknown, args: ValidationArguments): unknown };
  readonly constraints: unknown[];
}

interface Rule {
  readonly property: string;
  readonly conditions: readonly ((object: unknown, value: unknown) => unknown)[];
  readonly checks: readonly Check[];
  readonly isNested: boolean;
}

/**
 * The rules of one class, read from class-validator once. class-validator itself looks them up among those of all classes for every
 * object, which costs several times what the checks cost; this is what makes validating every event of an import affordable.
 */
class DeclaredRules {
  constructor(
    private readonly name: string,
    private readonly rules: ReadonlyMap<string, Rule>,
  ) {}

  /** True if every rule is obeyed for certain. False means: ask class-validator, which also knows why. */
  areObeyedBy(object: object, depth = 0): boolean {
    for (const field of Object.keys(object)) if (!this.rules.has(field)) return false;
    for (const rule of this.rules.values()) if (!this.#isObeyed(rule, object as Readonly<Record<string, unknown>>, depth)) return false;
    return true;
  }

  #isObeyed(rule: Rule, object: Readonly<Record<string, unknown>>, depth: number): boolean {
    const value = object[rule.property];
    for (const condition of rule.conditions) if (!condition(object, value)) return true;
    for (const { validator, constraints } of rule.checks) {
      if (validator.validate(value, { value, constraints, targetName: this.name, object, property: rule.property }) !== true) return false;
    }
    return !rule.isNested || value === undefined || isNestedObeyed(value, depth);
  }
}

const isNestedObeyed = (value: unknown, depth: number): boolean => {
  if (depth >= DEPTH_MAX || value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every((member) => !Array.isArray(member) && isNestedObeyed(member, depth + 1));
  // Not `value.constructor`, which may be data.
  const constructor = (Object.getPrototypeOf(value) as { readonly constructor: unknown } | null)?.constructor;
  return typeof constructor === 'function' && (rulesOf(constructor as new () => object)?.areObeyedBy(value, depth + 1) ?? false);
};

const known = new WeakMap<new () => object, DeclaredRules | null>();

/** The rules of a class, or null if it has none, or some that only class-validator itself can check. */
const rulesOf = (ruledClass: new () => object): DeclaredRules | null => {
  const found = known.get(ruledClass);
  if (found !== undefined) return found;
  const rules = readRules(ruledClass);
  known.set(ruledClass, rules);
  return rules;
};

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

const readRules = (ruledClass: new () => object): DeclaredRules | null => {
  // A class with members of its own may have conditions that use them.
  if (Object.getOwnPropertyNames(ruledClass.prototype).length > 1) return null;
  const storage = getMetadataStorage();
  const declared = storage.groupByPropertyName(storage.getTargetValidationMetadatas(ruledClass, '', false, false));
  const rules = new Map<string, Rule>();
  for (const [property, metadata] of Object.entries(declared)) {
    if (property in Object.prototype || !metadata.every(isPlain)) return null;
    rules.set(property, {
      property,
      conditions: metadata
        .filter(({ type }) => type === 'conditionalValidation')
        .map(({ constraints }) => constraints[0] as Rule['conditions'][number]),
      checks: metadata.filter(({ type }) => type === 'customValidation').flatMap(checksOf),
      isNested: metadata.some(({ type }) => type === 'nestedValidation'),
    });
  }
  return rules.size === 0 ? null : new DeclaredRules(ruledClass.name, rules);
};

const PLAIN_TYPES = ['customValidation', 'conditionalValidation', 'nestedValidation', 'whitelistValidation'];

const isPlain = (metadata: Metadata): boolean =>
  PLAIN_TYPES.includes(metadata.type) &&
  (metadata.groups ?? []).length === 0 &&
  !metadata.validateIf &&
  (!metadata.each || metadata.type === 'nestedValidation') &&
  // A rule that class-validator checks before all conditions.
  metadata.name !== 'isDefined';

const checksOf = ({ constraintCls, constraints }: Metadata): readonly Check[] =>
  getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance }) => ({ validator: instance as Check['validator'], constraints: (constraints as unknown[] | undefined) ?? [] }));
