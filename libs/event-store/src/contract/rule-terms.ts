// The rules of one value: which types of JSON they accept, and their terms in a form that can be kept and compared.
import type { JsonValue } from '../json.js';
import type { RuleTerms } from './event-contract.js';

/** One validator with what it is given. */
export interface StatedRule {
  readonly name: string;
  readonly given: readonly unknown[];
  readonly each: boolean;
  /** It counts only under a condition of its own. */
  readonly isConditional: boolean;
  /** Its name means what class-validator means by it. */
  readonly isOfLibrary: boolean;
}

const TYPES = ['boolean', 'list', 'number', 'object', 'string'];
const NUMBER_RULES = new Set('isInt isNumber isPositive isNegative min max isDivisibleBy'.split(' '));
const LIST_RULES = new Set('isArray arrayContains arrayNotContains arrayNotEmpty arrayMinSize arrayMaxSize arrayUnique'.split(' '));
const OBJECT_RULES = new Set('isObject isNotEmptyObject'.split(' '));
const STRING_RULES = new Set(
  `isString isLatLong contains notContains isAlpha isAlphanumeric isDecimal isAscii isBase64 isByteLength isCreditCard isCurrency isEmail isFqdn
   isFullWidth isHalfWidth isVariableWidth isHexColor isHexadecimal isMacAddress isIp isPort isIsbn isIsin isIso8601 isJson isJwt isLowercase
   isMobilePhone isISO31661Alpha2 isISO31661Alpha3 isISO31661Numeric isMongoId isMultibyte isSurrogatePair isUrl isUuid IsFirebasePushId isUppercase
   isLength maxLength minLength matches isPhoneNumber isMilitaryTime isHash isISSN isDateString isBooleanString isNumberString isBase32 isBIC
   isBtcAddress isDataURI isEAN isEthereumAddress isHSL isIBAN isIdentityCard isISRC isLocale isMagnetURI isMimeType isOctal isPassportNumber
   isPostalCode isRFC3339 isRgbColor isSemVer isStrongPassword isTimeZone isBase58 isTaxId isISO4217CurrencyCode isISO6391`.split(/\s+/),
);
/** What `type` says already. */
const IN_TYPE = new Set('isString isInt isBoolean isArray isObject isDefined'.split(' '));

/** The types that all rules together accept: one, several joined by ` | `, or `any`. */
export const typeOfRules = (rules: readonly StatedRule[]): string => {
  const certain = rules.filter(({ isConditional, isOfLibrary }) => isOfLibrary && !isConditional);
  const left = TYPES.filter((type) => certain.every((rule) => acceptedBy(rule).has(type)));
  if (left.length === TYPES.length) return 'any';
  const isWhole = certain.some(({ name }) => name === 'isInt');
  return left.map((type) => (type === 'number' && isWhole ? 'integer' : type)).join(' | ') || 'never';
};

const acceptedBy = ({ name, given }: StatedRule): ReadonlySet<string> => {
  if (STRING_RULES.has(name)) return new Set(['string']);
  if (NUMBER_RULES.has(name)) return new Set(['number']);
  if (LIST_RULES.has(name)) return new Set(['list']);
  if (OBJECT_RULES.has(name)) return new Set(['object']);
  if (name === 'isBoolean') return new Set(['boolean']);
  const values = valuesOf(name, given);
  return new Set(values === undefined ? TYPES : values.map((value) => (typeof value === 'object' ? 'object' : typeof value)));
};

/** The values that a rule allows, if it lists them. */
const valuesOf = (name: string, given: readonly unknown[]): readonly unknown[] | undefined => {
  const [first, second] = given;
  if (name === 'equals') return isPlain(first) ? [first] : undefined;
  const listed = name === 'isEnum' ? (second ?? Object.values((first ?? {}) as object)) : name === 'isIn' ? first : undefined;
  return Array.isArray(listed) && listed.every(isPlain) ? listed : undefined;
};

const isPlain = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** Everything that the rules say beyond the type, by name; the strongest of several bounds. */
export const termsOf = (rules: readonly StatedRule[]): RuleTerms => {
  const terms = new Map<string, JsonValue>();
  for (const rule of rules) for (const [name, value] of ownTerms(rule)) terms.set(name, joined(name, terms.get(name), value));
  return Object.fromEntries([...terms].toSorted(([left], [right]) => (left < right ? -1 : 1)));
};

const LOWER_BOUNDS = new Set(['min', 'minLength', 'arrayMinSize']);
const UPPER_BOUNDS = new Set(['max', 'maxLength', 'arrayMaxSize', 'maxDecimalPlaces']);

const ownTerms = (rule: StatedRule): readonly (readonly [string, JsonValue])[] => {
  const { name, given, isConditional, isOfLibrary } = rule;
  const [first, second] = given;
  if (isConditional) return [[`${name}?`, argumentsOf(given)]];
  if (!isOfLibrary) return [[name, argumentsOf(given)]];
  if (IN_TYPE.has(name)) return [];
  const values = valuesOf(name, given);
  if (values) return [['in', sorted(values as readonly JsonValue[])]];
  if (name === 'isNotIn' && Array.isArray(first) && first.every(isPlain)) return [['notIn', sorted(first as readonly JsonValue[])]];
  if (name === 'notEquals' && isPlain(first)) return [['notIn', [first as JsonValue]]];
  if (name === 'arrayNotEmpty') return [['arrayMinSize', 1]];
  if (name === 'isLength') return [...bound('minLength', first), ...bound('maxLength', second)];
  if (name === 'isNumber') return bound('maxDecimalPlaces', (first as { readonly maxDecimalPlaces?: unknown } | undefined)?.maxDecimalPlaces);
  if (LOWER_BOUNDS.has(name) || UPPER_BOUNDS.has(name)) return bound(name, first);
  return [[name, argumentsOf(given)]];
};

const bound = (name: string, value: unknown): readonly (readonly [string, JsonValue])[] => (typeof value === 'number' ? [[name, value]] : []);

/** `true` without arguments; functions and classes by their names, since their texts differ between builds. */
const argumentsOf = (given: readonly unknown[]): JsonValue => {
  const shown = given.filter((value) => value !== undefined).map(argumentOf);
  if (shown.length === 0) return true;
  const [first] = shown;
  return [shown.length === 1 && typeof first === 'string' ? first : JSON.stringify(shown.length === 1 ? first : shown)];
};

const argumentOf = (value: unknown): JsonValue => {
  if (typeof value === 'function') return value.name;
  if (value instanceof RegExp || typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (value === null || typeof value !== 'object') return value as JsonValue;
  if (Array.isArray(value)) return value.map(argumentOf);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, argumentOf(member)]));
};

const joined = (name: string, before: JsonValue | undefined, next: JsonValue): JsonValue => {
  if (before === undefined || before === next) return next;
  if (LOWER_BOUNDS.has(name)) return Math.max(before as number, next as number);
  if (UPPER_BOUNDS.has(name)) return Math.min(before as number, next as number);
  if (name === 'in') return (before as readonly JsonValue[]).filter((value) => (next as readonly JsonValue[]).includes(value));
  const all = [before, next].flatMap((value) => (Array.isArray(value) ? (value as readonly JsonValue[]) : ['']));
  return sorted([...new Set(all)]);
};

const sorted = (values: readonly JsonValue[]): readonly JsonValue[] =>
  values.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));

/** How one rule has changed, for values that the former terms accepted. */
export interface TermChange {
  readonly name: string;
  readonly isTighter: boolean;
  /** `minLength 1 → 3`. */
  readonly text: string;
}

/** Every rule that differs. A rule whose strictness cannot be compared counts as tighter if it is new or different. */
export const changedTerms = (before: RuleTerms = {}, after: RuleTerms = {}): readonly TermChange[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted().flatMap((name) => {
    const [former, present] = [before[name], after[name]];
    if (JSON.stringify(former) === JSON.stringify(present)) return [];
    const text = `${name} ${shown(former)} → ${shown(present)}`;
    return [{ name, isTighter: isTighter(name, former, present), text }];
  });

const shown = (term: JsonValue | undefined): string => (term === undefined ? 'none' : term === true ? 'set' : JSON.stringify(term));

const isTighter = (name: string, before: JsonValue | undefined, after: JsonValue | undefined): boolean => {
  if (after === undefined) return false;
  if (before === undefined) return true;
  if (LOWER_BOUNDS.has(name)) return (after as number) > (before as number);
  if (UPPER_BOUNDS.has(name)) return (after as number) < (before as number);
  const [former, present] = [before, after].map((term) => (Array.isArray(term) ? (term as readonly JsonValue[]) : ['']));
  if (name === 'in') return !former?.every((value) => present?.includes(value));
  return !present?.every((value) => former?.includes(value));
};
