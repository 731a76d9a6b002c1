// What class-validator knows of a class, looked up once, and class-validator's own verdict on an object.
import {
  getMetadataStorage,
  registerDecorator,
  validateSync,
  type ValidationArguments,
  type ValidationError,
  type ValidatorOptions,
} from 'class-validator';
import { AsynchronousRule } from './errors.js';
import { DEFAULT_RULES, type RuleOptions } from './rule-options.js';

export type RuledClass = new () => object;
type Storage = ReturnType<typeof getMetadataStorage>;
export type RuleMetadata = ReturnType<Storage['getTargetValidationMetadatas']>[number];
type Constraint = ReturnType<Storage['getTargetValidatorConstraints']>[number];
export type Condition = (object: unknown, value: unknown) => unknown;

/** The rules of one class, own and inherited, as class-validator gives them for these options. */
export interface PreparedRules {
  readonly ruledClass: RuledClass;
  readonly options: RuleOptions;
  readonly metadata: RuleMetadata[];
  /** An object without a prototype, so that a field may be called `constructor` or `toString`. */
  readonly byProperty: Record<string, RuleMetadata[]>;
  readonly declared: number;
  /** Fields named like members of every object: if one is missing, it must not be found there. */
  readonly inheritedNames: readonly string[];
  /** True if instances have only the members of every object: no getter or setter of the class hides a field. */
  readonly isBare: boolean;
}

const known = new WeakMap<RuleOptions, WeakMap<RuledClass, PreparedRules>>();

/** The rules of a class, prepared again after a decorator was added. Errors: EVENT_STORE_ASYNCHRONOUS_RULE. */
export const rulesOf = (ruledClass: RuledClass, options: RuleOptions): PreparedRules => {
  let ofOptions = known.get(options);
  if (!ofOptions) known.set(options, (ofOptions = new WeakMap()));
  const found = ofOptions.get(ruledClass);
  const declared = declaredCount(ruledClass);
  if (found?.declared === declared) return found;
  const { always = false, strictGroups = false, groups: ofGroups } = options;
  const metadata = originOf(getMetadataStorage())
    .getTargetValidationMetadatas(ruledClass, '', always, strictGroups, ofGroups && [...ofGroups])
    .map((rule) => watched(ruledClass, rule));
  const byProperty = grouped(metadata);
  const inheritedNames = Object.keys(byProperty).filter((name) => name in Object.prototype);
  const prepared = { ruledClass, options, metadata, byProperty, declared, inheritedNames, isBare: isBare(ruledClass.prototype as object) };
  ofOptions.set(ruledClass, prepared);
  groups.set(metadata, prepared.byProperty);
  return prepared;
};

/**
 * The verdict of class-validator itself on an instance. Only its look-ups are prepared: otherwise it searches the rules
 * of all classes for every object, which costs more than all its other work.
 */
export const errorsOf = (instance: object, { ruledClass, options }: PreparedRules): readonly ValidationError[] => {
  const storage = getMetadataStorage();
  const lookUps = lookUpsOf(originOf(storage));
  // A validator may check another object in the meantime.
  const { options: optionsOutside } = lookUps;
  lookUps.root = ruledClass;
  lookUps.options = options;
  (globalThis as { classValidatorMetadataStorage?: Storage }).classValidatorMetadataStorage = lookUps;
  try {
    return validateSync(instance, { ...options, ...FIXED } as ValidatorOptions);
  } finally {
    lookUps.root = undefined;
    lookUps.options = optionsOutside;
    (globalThis as { classValidatorMetadataStorage?: Storage }).classValidatorMetadataStorage = storage;
  }
};

/** Always set, whatever options are given: events keep all their fields. */
const FIXED: ValidatorOptions = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };

/** How many rules a class and its parents have; NaN, which equals nothing, if another version keeps them elsewhere. */
const declaredCount = (ruledClass: RuledClass): number => {
  const { validationMetadatas } = getMetadataStorage() as unknown as { readonly validationMetadatas?: ReadonlyMap<unknown, readonly unknown[]> };
  if (!(validationMetadatas instanceof Map)) return Number.NaN;
  let count = 0;
  let prototype = ruledClass.prototype as { readonly constructor: unknown } | null;
  while (prototype !== null && prototype !== Object.prototype) {
    count += (validationMetadatas.get(prototype.constructor) as readonly unknown[] | undefined)?.length ?? 0;
    prototype = Object.getPrototypeOf(prototype) as { readonly constructor: unknown } | null;
  }
  return count;
};

const isBare = (prototype: object | null): boolean =>
  prototype === null ||
  prototype === Object.prototype ||
  (Reflect.ownKeys(prototype).length === 1 && isBare(Object.getPrototypeOf(prototype) as object | null));

const grouped = (metadata: readonly RuleMetadata[]): Record<string, RuleMetadata[]> => {
  const byProperty = Object.create(null) as Record<string, RuleMetadata[]>;
  for (const rule of metadata) (byProperty[rule.propertyName] ??= []).push(rule);
  return byProperty;
};

/** The rule, with conditions wrapped so that an asynchronous answer is noticed. */
const watched = (ruledClass: RuledClass, rule: RuleMetadata): RuleMetadata => {
  const { name } = ruledClass;
  if (rule.type === 'promiseValidation') throw new AsynchronousRule(name, rule.propertyName, rule.type);
  for (const constraint of originOf(getMetadataStorage()).getTargetValidatorConstraints(rule.constraintCls)) {
    if (constraint.async) throw new AsynchronousRule(name, rule.propertyName, constraint.name);
  }
  const isCondition = rule.type === 'conditionalValidation';
  if (!isCondition && !rule.validateIf) return rule;
  const later = (condition: Condition): Condition => {
    return (object, value) => answered(condition(object, value), name, rule.propertyName, 'condition');
  };
  const constraints = isCondition ? [later((rule.constraints as [Condition])[0])] : (rule.constraints as unknown);
  const validateIf = rule.validateIf && later(rule.validateIf);
  return Object.create(rule, { constraints: { value: constraints }, validateIf: { value: validateIf } }) as RuleMetadata;
};

/** The answer of a validator or condition, which must not be a promise. Errors: EVENT_STORE_ASYNCHRONOUS_RULE. */
const answered = (answer: unknown, className: string, property: string, rule: string): unknown => {
  if (answer === null || typeof answer !== 'object' || typeof (answer as PromiseLike<unknown>).then !== 'function') return answer;
  // The rejection of that promise no longer matters, and must not end the process.
  void Promise.resolve(answer as PromiseLike<unknown>).catch(() => undefined);
  throw new AsynchronousRule(className, property, rule);
};

export interface RuleValidator {
  validate(value: unknown, args?: ValidationArguments): unknown;
  defaultMessage?(args?: ValidationArguments): string;
}

/** A validator that must answer at once. */
class WatchedValidator implements RuleValidator {
  constructor(
    readonly validator: RuleValidator,
    private readonly rule: string,
  ) {
    if (typeof validator.defaultMessage === 'function') this.defaultMessage = (args) => validator.defaultMessage?.(args) ?? '';
  }

  readonly defaultMessage?: (args?: ValidationArguments) => string;

  validate(value: unknown, args: ValidationArguments): unknown {
    const answer = this.validator.validate(value, args);
    return typeof answer === 'boolean' ? answer : answered(answer, args.targetName, args.property, this.rule);
  }
}

export interface WatchedConstraint {
  readonly name: string;
  readonly async: boolean;
  /** True if `instance` never changes. */
  readonly isFixed: boolean;
  /** From the container that the application has set at this moment. */
  readonly instance: RuleValidator;
}

/** Asks the container for every check, except for class-validator's own validators: these depend on nothing. */
class PreparedConstraint implements WatchedConstraint {
  readonly async = false;
  readonly isFixed: boolean;
  #watched: WatchedValidator | undefined;

  constructor(private readonly constraint: Constraint) {
    this.isFixed = String(constraint.target) === wrapperText();
  }

  get name(): string {
    return this.constraint.name;
  }

  get instance(): RuleValidator {
    if (this.isFixed && this.#watched) return this.#watched;
    const validator = this.constraint.instance as RuleValidator;
    if (this.#watched?.validator !== validator) this.#watched = new WatchedValidator(validator, this.constraint.name);
    return this.#watched;
  }
}

/** The source text of the class that class-validator makes around a validator that is no class. */
const wrapperText = (): string =>
  (wrapper ??= String(originOf(getMetadataStorage()).getTargetValidationMetadatas(Sample, '', false, false)[0]?.constraintCls));
let wrapper: string | undefined;
class Sample {}
registerDecorator({ name: 'sample', target: Sample, propertyName: 'sample', validator: { validate: () => true } });

const constraints = new WeakMap<object, WatchedConstraint[]>();

/** The validators of a rule. */
export const constraintsOf = (constraintClass: unknown): WatchedConstraint[] => {
  if (typeof constraintClass !== 'function') return [];
  const found = constraints.get(constraintClass);
  if (found) return found;
  const prepared = originOf(getMetadataStorage())
    .getTargetValidatorConstraints(constraintClass)
    .map((constraint) => new PreparedConstraint(constraint));
  if (prepared.length > 0) constraints.set(constraintClass, prepared);
  return prepared;
};

const ORIGIN = Symbol('mainstem.origin');

interface LookUps extends Storage {
  readonly [ORIGIN]: Storage;
  /** The class whose rules apply to the next object, whatever its field `constructor` holds. */
  root: RuledClass | undefined;
  options: RuleOptions;
}

/** class-validator's own storage, even while the prepared one stands in for it. */
const originOf = (storage: Storage): Storage => (storage as Partial<LookUps>)[ORIGIN] ?? storage;

const groups = new WeakMap<readonly RuleMetadata[], Record<string, RuleMetadata[]>>();
const prepared = new WeakMap<Storage, LookUps>();

/** class-validator's storage with prepared look-ups. All other reads and all additions go to the storage itself. */
const lookUpsOf = (origin: Storage): LookUps => {
  const found = prepared.get(origin);
  if (found) return found;
  const lookUps = Object.create(origin) as LookUps;
  const own: Partial<Record<keyof Storage, unknown>> & Pick<LookUps, typeof ORIGIN | 'root' | 'options'> = {
    [ORIGIN]: origin,
    root: undefined,
    options: DEFAULT_RULES,
    getTargetValidationMetadatas: (...asked: Parameters<Storage['getTargetValidationMetadatas']>) => {
      const [target, , always, strictGroups, ofGroups] = asked;
      const { options } = lookUps;
      // A validator that checks another object with options of its own asks here.
      const isOurs = always === (options.always ?? false) && strictGroups === (options.strictGroups ?? false) && ofGroups === options.groups;
      if (!isOurs) return origin.getTargetValidationMetadatas(...asked);
      const ruledClass = lookUps.root ?? (target as unknown);
      lookUps.root = undefined;
      return typeof ruledClass === 'function' ? rulesOf(ruledClass as RuledClass, options).metadata : [];
    },
    groupByPropertyName: (metadata: RuleMetadata[]) => groups.get(metadata) ?? grouped(metadata),
    getTargetValidatorConstraints: constraintsOf,
  };
  Object.assign(lookUps, own);
  prepared.set(origin, lookUps);
  return lookUps;
};
