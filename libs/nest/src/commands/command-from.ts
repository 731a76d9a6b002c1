// From a request to an instance of a command's class. The rules are checked by the executor, once, as for any other command.
import { InvalidCommand } from '@mainstem/aggregate';
import type { FieldViolation } from '@mainstem/event-store';
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
  const unusable = unusableFields(fields, '', 0);
  if (unusable.length > 0) refuse(commandClass, unusable);
  const given = { ...fields, ...path };
  const members = Object.keys(given).filter((field) => field in (commandClass.prototype as object));
  if (members.length > 0) refuse(commandClass, members.map(refusedMember));
  const command = made(commandClass, given);
  const hidden = hiddenFields(given, command, '');
  if (hidden.length > 0) refuse(commandClass, hidden);
  return command;
};

/** class-transformer throws on a nested field that only has a getter. */
const made = <Command extends object>(commandClass: new () => Command, given: Readonly<Record<string, unknown>>): Command => {
  try {
    return plainToInstance(commandClass, given);
  } catch (error) {
    const [, field] = (error instanceof TypeError && /^Cannot set property (\S+) of .* which has only a getter$/.exec(error.message)) || [];
    if (field === undefined) throw error;
    return refuse(commandClass, [refusedMember(field)]);
  }
};

/** Fields that class-transformer has left out without a word, because their class has a method or getter of that name. */
const hiddenFields = (given: unknown, taken: unknown, path: string): readonly FieldViolation[] => {
  if (given === null || typeof given !== 'object' || taken === null || typeof taken !== 'object') return [];
  return Object.entries(given).flatMap(([key, member]): readonly FieldViolation[] => {
    const field = path === '' ? key : `${path}.${key}`;
    if (Object.hasOwn(taken, key)) return hiddenFields(member, (taken as Record<string, unknown>)[key], field);
    return key in taken ? [refusedMember(field)] : [];
  });
};

const refusedMember = (field: string): FieldViolation => ({ field, message: `property ${field} should not exist` });

const DEPTH_MAX = 16;

/**
 * What class-transformer must not see: it leaves fields called `constructor` or `__proto__` out without a word, or calls them, and it
 * descends without a bound.
 */
const unusableFields = (value: unknown, path: string, depth: number): readonly FieldViolation[] => {
  if (value === null || typeof value !== 'object') return [];
  if (depth > DEPTH_MAX) return [{ field: path, message: `must not be nested deeper than ${DEPTH_MAX} levels` }];
  return Object.entries(value).flatMap(([key, member]) => {
    const field = path === '' ? key : `${path}.${key}`;
    return key in Object.prototype ? [{ field, message: `property ${key} should not exist` }] : unusableFields(member, field, depth + 1);
  });
};

const refuse = (commandClass: new () => object, violations: readonly FieldViolation[]): never => {
  throw new InvalidCommand(commandClass.name, violations);
};
