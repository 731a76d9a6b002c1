// The options of class-validator that an application may set for its payloads and commands.
import type { ValidatorOptions } from 'class-validator';
import { InvalidInput } from './errors.js';

/**
 * Options of class-validator, with its meaning: which decorators count (`groups`, `always`, `strictGroups`), what is
 * skipped, and which broken rules are reported. A field without a decorator that counts is unknown, and unknown fields
 * are always refused. Default: all decorators, nothing skipped, the first broken rule of each field.
 */
export interface RuleOptions extends Readonly<Pick<ValidatorOptions, (typeof NAMES)[number]>> {
  readonly groups?: string[];
}

const FLAGS = [
  'always',
  'strictGroups',
  'skipMissingProperties',
  'skipNullProperties',
  'skipUndefinedProperties',
  'dismissDefaultMessages',
  'stopAtFirstError',
] as const;
const NAMES = ['groups', ...FLAGS] as const;

export const DEFAULT_RULES: RuleOptions = Object.freeze({ stopAtFirstError: true });

const known = new WeakMap<RuleOptions, RuleOptions>();

/** A frozen copy with defaults; the same object gives the same copy. Errors: EVENT_STORE_INVALID_INPUT. */
export const ruleOptions = (name: string, given: RuleOptions | undefined): RuleOptions => {
  if (given === undefined) return DEFAULT_RULES;
  const found = known.get(given) ?? checked(name, given);
  known.set(given, found);
  return found;
};

const checked = (name: string, given: RuleOptions): RuleOptions => {
  for (const [option, value] of Object.entries(given) as [string, unknown][]) {
    const path = `${name}.${option}`;
    if (!(NAMES as readonly string[]).includes(option)) throw new InvalidInput(path, `is not an option; use ${NAMES.join(', ')}`);
    if (value === undefined) continue;
    if (option === 'groups') {
      if (!Array.isArray(value) || !value.every((group) => typeof group === 'string')) throw new InvalidInput(path, 'must be a list of names');
    } else if (typeof value !== 'boolean') throw new InvalidInput(path, 'must be true or false');
  }
  const { groups, ...flags } = given;
  return Object.freeze({ ...DEFAULT_RULES, ...flags, ...(groups && { groups: Object.freeze([...groups]) as string[] }) });
};
