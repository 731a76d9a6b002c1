// The rules declared on a command's class, checked once, whichever way the command came.
import { isObjectClass, ruleOptions, violationsOfRules, type RuleOptions } from '@mainstem/event-store';
import { InvalidCommand } from '../errors.js';

/**
 * Refuses a command that breaks the class-validator rules of its class, or has fields that the class does not declare. Nested objects
 * have to be instances of their classes. Plain objects, of whatever realm, have no rules and pass: their aggregate has to do without.
 * `rules` are those of the aggregate (`commandRules`).
 * Errors: COMMAND_INVALID with every field concerned, EVENT_STORE_ASYNCHRONOUS_RULE.
 */
export const validateCommand = (command: unknown, rules?: RuleOptions): void => {
  if (command === null || typeof command !== 'object' || Array.isArray(command)) {
    throw new InvalidCommand('The command', [{ field: '', message: 'must be an object' }]);
  }
  // Not `command.constructor`, which may be data.
  const constructor = (Object.getPrototypeOf(command) as { readonly constructor: new () => object } | null)?.constructor;
  if (typeof constructor !== 'function' || isObjectClass(constructor)) return;
  const violations = violationsOfRules(command, constructor, ruleOptions('commandRules', rules));
  if (violations.length > 0) throw new InvalidCommand(constructor.name, violations);
};
