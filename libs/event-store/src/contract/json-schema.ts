// JSON Schema (2020-12) of declared events, for those who read them without the classes.
import type { JsonValue } from '../json.js';
import type { EventContract, EventContracts, FieldContract, FieldContracts, RuleTerms, ValueContract } from './event-contract.js';

/** A schema as JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One document with a schema for the payload of each event, in `$defs` under `category/Type@version`. Each schema
 * accepts all that class-validator accepts. It refuses wrong types, missing and unknown fields, and broken rules as far
 * as JSON Schema has them: bounds, lists of values, patterns. A conditional field may be anything.
 */
export const jsonSchemaOf = (contracts: EventContracts): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $defs: Object.fromEntries(Object.entries(contracts).map(([name, contract]) => [`${name}@${contract.version}`, payloadSchema(name, contract)])),
});

const payloadSchema = (name: string, { version, fields }: EventContract): JsonSchema => ({
  title: name.slice(name.indexOf('/') + 1),
  $comment: `${name}, schema version ${version}`,
  ...objectSchema(fields),
});

const objectSchema = (fields: FieldContracts): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)])),
  required: Object.keys(fields).filter((name) => !fields[name]?.optional),
  additionalProperties: false,
});

const fieldSchema = (field: FieldContract): JsonSchema => {
  if (field.conditional) return { $comment: `conditional: ${field.type}` };
  const schema = valueSchema(field);
  if (!field.nullable) return field.type === 'any' ? { ...schema, not: { anyOf: [{ type: 'null' }, ...refusedIn(schema)] } } : schema;
  return Object.keys(schema).length === 0 ? schema : { anyOf: [{ type: 'null' }, schema] };
};

const refusedIn = ({ not }: JsonSchema): readonly unknown[] => (not === undefined ? [] : [not]);

const valueSchema = (value: ValueContract): JsonSchema => {
  const { type, fields, items, rules = {} } = value;
  if (type === 'never') return { not: {} };
  if (type === 'one-or-list') return { ...termsSchema(type, rules), anyOf: oneOrList(items) };
  return {
    ...(type !== 'any' && { type: typesOf(type) }),
    ...(fields && objectSchema(fields)),
    ...(items && { items: valueSchema(items) }),
    ...termsSchema(type, rules),
  };
};

const oneOrList = (items: ValueContract | undefined): readonly JsonSchema[] => {
  const member = items ? valueSchema(items) : {};
  return [member, { type: 'array', items: member }];
};

const typesOf = (type: string): string | readonly string[] => {
  const types = type.split(' | ').map((one) => (one === 'list' ? 'array' : one));
  return types.length === 1 ? (types[0] as string) : types;
};

/** The rules that mean the same in JSON Schema, for each value that `type` accepts. */
const termsSchema = (type: string, rules: RuleTerms): JsonSchema =>
  Object.assign({}, ...Object.entries(rules).map(([name, term]) => termSchema(type, name, term))) as JsonSchema;

const BOUNDS: Readonly<Record<string, string>> = {
  min: 'minimum',
  max: 'maximum',
  minLength: 'minLength',
  maxLength: 'maxLength',
  arrayMinSize: 'minItems',
  arrayMaxSize: 'maxItems',
};

const termSchema = (type: string, name: string, term: JsonValue): JsonSchema => {
  const bound = BOUNDS[name];
  if (bound !== undefined && typeof term === 'number') return { [bound]: term };
  if (name === 'in' && Array.isArray(term)) return { enum: term };
  if (name === 'notIn' && Array.isArray(term)) return { not: { enum: term } };
  if (name === 'isPositive' && term === true) return { exclusiveMinimum: 0 };
  if (name === 'isNegative' && term === true) return { exclusiveMaximum: 0 };
  if (name === 'isNotEmpty' && term === true && type === 'string') return { pattern: '[\\s\\S]' };
  if (name === 'matches' && Array.isArray(term)) return patternSchema(term as readonly JsonValue[]);
  return {};
};

/** Patterns without flags, as far as they mean the same to a reader of schemas, who takes them as Unicode. */
const patternSchema = (texts: readonly JsonValue[]): JsonSchema => {
  const sources = texts.flatMap((text) => (typeof text === 'string' ? (/^\/([\s\S]*)\/u?$/.exec(text)?.[1] ?? []) : []));
  const allOf = sources.filter(isUnicode).map((pattern) => ({ pattern }));
  return allOf.length === 0 ? {} : { allOf };
};

const isUnicode = (source: string): boolean => {
  try {
    return new RegExp(source, 'u').source !== '';
  } catch {
    return false;
  }
};
