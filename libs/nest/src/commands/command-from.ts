// Makes an instance of a command's class from a request. The executor checks the rules later, as for every command.
import { InvalidCommand } from '@mainstem/aggregate';
import { declaresField, violationsOfRules, type FieldViolation } from '@mainstem/event-store';
import { plainToInstance } from 'class-transformer';
import { fieldsOf } from '../parameters/fields-of.js';

/**
 * A command from the body of a request and the parameters of its path, with nested objects as instances of their
 * classes. The body may repeat a field of the path with the same value. It may be absent if the class declares no field
 * besides those of the path. Nothing is converted or validated here. A
 * declared field may have the name of a member of every object (`constructor`, `toString`), at any depth. A field that
 * hides a getter or method of its class is refused. Errors: COMMAND_INVALID.
 */
export const commandFrom = <Command extends object>(
  commandClass: new () => Command,
  body: unknown,
  path: Readonly<Record<string, string>> = {},
): Command => {
  const isAbsent = body === undefined && fieldsOf(commandClass).every((field) => Object.hasOwn(path, field));
  if (!isAbsent && !isRecord(body)) refuse(commandClass, [{ field: 'body', message: 'must be a JSON object' }]);
  const fields = (isAbsent ? {} : body) as Record<string, unknown>;
  const other = Object.keys(path).filter((field) => Object.hasOwn(fields, field) && fields[field] !== path[field]);
  if (other.length > 0)
    refuse(
      commandClass,
      other.map((field) => ({ field, message: 'must equal the one in the path' })),
    );
  const tooDeep = tooDeepFields(fields, '', 0);
  if (tooDeep.length > 0) refuse(commandClass, tooDeep);
  const given = { ...fields, ...path };
  const members = Object.keys(given).filter((field) => field in (commandClass.prototype as object) && !isData(commandClass, field));
  if (members.length > 0)
    refuse(
      commandClass,
      members.map((field) => refusedMember(field)),
    );
  const command = made(commandClass, withoutMembers(given) as typeof given);
  const inPlainObjects: string[] = [];
  const refused = putBack(given, command, '', inPlainObjects);
  if (refused.length > 0) refuse(commandClass, refused);
  const stray = inPlainObjects.length > 0 ? strayIn(inPlainObjects, command, commandClass) : [];
  if (stray.length > 0) refuse(commandClass, stray);
  return command;
};

/** class-transformer throws on a nested field that has only a getter. */
const made = <Command extends object>(commandClass: new () => Command, given: Readonly<Record<string, unknown>>): Command => {
  try {
    return plainToInstance(commandClass, given);
  } catch (error) {
    const [, field] = (error instanceof TypeError && /^Cannot set property (\S+) of .* which has only a getter$/.exec(error.message)) || [];
    if (field === undefined) throw error;
    return refuse(commandClass, [refusedMember(field)]);
  }
};

/** class-transformer silently drops fields named like a method or getter. This restores data and refuses the others. */
const putBack = (given: unknown, taken: unknown, path: string, inPlainObjects: string[]): readonly FieldViolation[] => {
  if (!isObject(given) || !isObject(taken)) return [];
  const set = taken instanceof Set ? [...(taken as ReadonlySet<unknown>)] : undefined;
  return Object.entries(given).flatMap(([key, member]): readonly FieldViolation[] => {
    const field = path === '' ? key : `${path}.${key}`;
    if (set) return putBack(member, set[Number(key)], field, inPlainObjects);
    if (taken instanceof Map) {
      if (taken.has(key)) return putBack(member, taken.get(key), field, inPlainObjects);
      taken.set(key, member);
      return [];
    }
    if (!(key in Object.prototype) && Object.hasOwn(taken, key))
      return putBack(member, (taken as Record<string, unknown>)[key], field, inPlainObjects);
    if (!(key in taken)) return [];
    const ruledClass = classOf(taken);
    if (!isData(ruledClass, key)) return [refusedMember(field, key)];
    if (ruledClass === undefined) inPlainObjects.push(field);
    Object.defineProperty(taken, key, { value: member, writable: true, enumerable: true, configurable: true });
    return [];
  });
};

/** Fields of an object that came in place of a plain value: they are named themselves. */
const strayIn = (fields: readonly string[], command: object, commandClass: new () => object): readonly FieldViolation[] => {
  const broken = violationsOfRules(command, commandClass).map(({ field }) => field);
  const isStray = (field: string): boolean => broken.some((one) => field === one || field.startsWith(`${one}.`));
  return fields.filter(isStray).map((field) => refusedMember(field, field.slice(field.lastIndexOf('.') + 1)));
};

/** class-transformer takes a field `constructor` for the class of an object, and calls it. */
const withoutMembers = (value: unknown): unknown => {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return value.map(withoutMembers);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  const kept = Object.entries(value).filter(([key]) => !(key in Object.prototype));
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutMembers(member)]));
};

const isObject = (value: unknown): value is object => value !== null && typeof value === 'object';

const isRecord = (value: unknown): boolean => isObject(value) && !Array.isArray(value);

const classOf = (object: object): (new () => object) | undefined => {
  const prototype = Object.getPrototypeOf(object) as { readonly constructor: new () => object } | null;
  return prototype === null || prototype === Object.prototype ? undefined : prototype.constructor;
};

/** True if a field named like a member is data: any field of a plain object, and the declared fields of an instance. */
const isData = (made: (new () => object) | undefined, field: string): boolean => {
  if (made === undefined) return true;
  if (!(field in Object.prototype) || !declaresField(made, field)) return false;
  for (let part = made.prototype as object | null; part !== null && part !== Object.prototype; part = Object.getPrototypeOf(part) as object | null)
    if (field !== 'constructor' && Object.hasOwn(part, field)) return false;
  return true;
};

const refusedMember = (field: string, key = field): FieldViolation => ({ field, message: `property ${key} should not exist` });

const DEPTH_MAX = 16;

/** class-transformer descends without a limit. */
const tooDeepFields = (value: unknown, path: string, depth: number): readonly FieldViolation[] => {
  if (!isObject(value)) return [];
  if (depth > DEPTH_MAX) return [{ field: path, message: `must not be nested deeper than ${DEPTH_MAX} levels` }];
  return Object.entries(value).flatMap(([key, member]) => tooDeepFields(member, path === '' ? key : `${path}.${key}`, depth + 1));
};

const refuse = (commandClass: new () => object, violations: readonly FieldViolation[]): never => {
  throw new InvalidCommand(commandClass.name, violations);
};
