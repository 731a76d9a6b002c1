// The text of the lock file: one field a line, sorted, so that a change of an event is a change of one line.
import { InvalidContractLock } from '../errors.js';
import type { EventContract, EventContracts, FieldContract } from './event-contract.js';
import { NoJson, readJson, type ReadJson } from './json-lines.js';

/** Raised with each change of the form. */
const FORM = 1;

/** The same contracts give the same text. */
export const lockText = (contracts: EventContracts): string => {
  const events = Object.keys(contracts)
    .toSorted()
    .map((name) => eventText(name, contracts[name] as EventContract));
  return `{\n  "form": ${FORM},\n  "events": {${events.length === 0 ? '' : `\n${events.join(',\n')}\n  `}}\n}\n`;
};

const eventText = (name: string, { version, fields }: EventContract): string => {
  const lines = Object.keys(fields)
    .toSorted()
    .map((field) => `        ${JSON.stringify(field)}: ${spaced(fields[field])}`);
  const body = lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n      }`;
  return `    ${JSON.stringify(name)}: {\n      "version": ${version},\n      "fields": ${body}\n    }`;
};

/** JSON on one line, with spaces. */
const spaced = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: ${spaced(member)}`)
    .join(', ')} }`.replace('{  }', '{}');
};

/** The contracts of a lock file. Errors: EVENT_STORE_INVALID_CONTRACT_LOCK with the line. */
export const parseLock = (text: string): EventContracts => {
  let json: ReadJson;
  try {
    json = readJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof NoJson) throw new InvalidContractLock(error.line, `it is no JSON: ${error.message}`);
    throw error;
  }
  const { value, lineOf } = json;
  const refuse = (object: unknown, member: string, problem: string): never => {
    throw new InvalidContractLock(lineOf(object, member) ?? 1, problem);
  };
  if (!isObject(value)) throw new InvalidContractLock(1, 'it is no object');
  if (value['form'] !== FORM) refuse(value, 'form', `"form" must be ${FORM}; another release of Mainstem has written it`);
  const { events } = value;
  if (!isObject(events)) return refuse(value, 'events', '"events" must be an object');
  for (const [name, event] of Object.entries(events)) {
    if (!/^[^/]+\/./.test(name)) refuse(events, name, `${JSON.stringify(name)} must be category/Type`);
    if (!isObject(event)) return refuse(events, name, `${name} must be an object`);
    const { version, fields } = event;
    if (!Number.isSafeInteger(version) || (version as number) < 1) refuse(event, 'version', `version of ${name} must be a whole number from 1`);
    if (!isObject(fields)) return refuse(event, 'fields', `fields of ${name} must be an object`);
    for (const [field, contract] of Object.entries(fields)) {
      if (!isField(contract)) refuse(fields, field, `${field} of ${name} must be an object with a type, and rules, fields and items at most`);
    }
  }
  return events as unknown as EventContracts;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

const MEMBERS: Readonly<Record<keyof FieldContract, (value: unknown) => boolean>> = {
  type: (value) => typeof value === 'string',
  rules: isObject,
  fields: (value) => isObject(value) && Object.values(value).every(isField),
  items: (value) => isField(value),
  optional: (value) => value === true,
  nullable: (value) => value === true,
  conditional: (value) => value === true,
};

const isField = (value: unknown): value is FieldContract =>
  isObject(value) &&
  'type' in value &&
  Object.entries(value).every(([name, member]) => Object.hasOwn(MEMBERS, name) && MEMBERS[name as keyof FieldContract](member));
