// The rules declared on a command's class, checked once for every way a command may come.
import { isObjectClass, ruleOptions, violationsOfRules, type RuleOptions } from '@mainstem/event-store';
import { InvalidCommand } from '../errors.js';

/**
 * Refuses a command that breaks the class-validator rules of its class, or has undeclared fields. Nested objects must
 * be instances of their classes. Plain objects, of any realm, have no rules and pass: their aggregate goes without.
 * `rules` are those of the aggregate (`commandRules`). Errors: COMMAND_INVALID with every field concerned,
 * EVENT_STORE_ASYNCHRONOUS_RULE.
 */
export const validateCommand = (command: unknown, rules?: RuleOptions): void => {
  if (command === null || typeof command !== 'object' || Array.isArray(command)) {
    throw new InvalidCommand('The command', [{ field: '', message: 'must be an object' }]);
  }
  // `command.constructor` may be data, so it is not used.
  const constructor = (Object.getPrototypeOf(command) as { readonly constructor: new () => object } | null)?.constructor;
  if (typeof constructor !== 'function' || isObjectClass(constructor)) return;
  const violations = violationsOfRules(command, constructor, ruleOptions('commandRules', rules));
  if (violations.length > 0) throw new InvalidCommand(constructor.name, violations);
};
