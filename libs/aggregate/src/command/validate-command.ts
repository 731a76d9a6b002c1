// The rules declared on a command's class, checked once, whichever way the command came.
import { violationsOfRules } from '@mainstem/event-store';
import { InvalidCommand } from '../errors.js';

/**
 * Refuses a command that breaks the class-validator rules of its class, or has fields that the class does not declare. Nested objects
 * have to be instances of their classes. Plain objects have no rules and pass: their aggregate has to do without.
 * Errors: COMMAND_INVALID with every field concerned.
 */
export const validateCommand = (command: unknown): void => {
  if (command === null || typeof command !== 'object') throw new InvalidCommand('The command', [{ field: '', message: 'must be an object' }]);
  const constructor = (Object.getPrototypeOf(command) as { readonly constructor: new () => object } | null)?.constructor;
  if (constructor === undefined || constructor === (Object as unknown)) return;
  const violations = violationsOfRules(command, constructor);
  if (violations.length > 0) throw new InvalidCommand(constructor.name, violations);
};
