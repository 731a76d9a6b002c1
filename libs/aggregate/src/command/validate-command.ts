// The rules declared on a command's class, checked once, whichever way the command came.
import { validateSync, type ValidationError } from 'class-validator';
import { InvalidCommand, type FieldViolation } from '../errors.js';

/**
 * Refuses a command that breaks the class-validator rules of its class, or has fields that the class does not declare. Nested objects
 * have to be instances of their classes. Plain objects have no rules and pass: their aggregate has to do without.
 * Errors: COMMAND_INVALID with every field concerned.
 */
export const validateCommand = (command: unknown): void => {
  if (command === null || typeof command !== 'object') throw new InvalidCommand('The command', [{ field: '', message: 'must be an object' }]);
  if (Object.getPrototypeOf(command) === Object.prototype) return;
  const errors = validateSync(command, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, stopAtFirstError: true });
  if (errors.length > 0) throw new InvalidCommand(command.constructor.name, fieldViolations(errors));
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
