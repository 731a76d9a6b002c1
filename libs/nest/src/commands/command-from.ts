// From a request to an instance of a command's class. The rules are checked by the executor, once, as for any other command.
import { InvalidCommand, type FieldViolation } from '@mainstem/aggregate';
import { plainToInstance } from 'class-transformer';

/**
 * A command from the body of a request and the parts of its path, nested objects as instances of their classes. A field of the path may
 * be repeated in the body with the same value. Nothing is converted or validated here. Errors: COMMAND_INVALID.
 */
export const commandFrom = <Command extends object>(
  commandClass: new () => Command,
  body: unknown,
  path: Readonly<Record<string, string>> = {},
): Command => {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) refuse(commandClass, [{ field: 'body', message: 'must be a JSON object' }]);
  const fields = body as Record<string, unknown>;
  const other = Object.keys(path).filter((field) => Object.hasOwn(fields, field) && fields[field] !== path[field]);
  if (other.length > 0)
    refuse(
      commandClass,
      other.map((field) => ({ field, message: 'must be the one in the path' })),
    );
  // class-transformer leaves such keys out, or worse; leaving out would hide a field that the rules forbid.
  for (const field of FORBIDDEN) if (Object.hasOwn(fields, field)) refuse(commandClass, [{ field, message: `property ${field} should not exist` }]);
  return plainToInstance(commandClass, { ...fields, ...path });
};

const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

const refuse = (commandClass: new () => object, violations: readonly FieldViolation[]): never => {
  throw new InvalidCommand(commandClass.name, violations);
};
