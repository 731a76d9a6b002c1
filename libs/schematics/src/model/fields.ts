// Fields of events, as the command line takes them: subject:string, note?:string, address:{street:string}.
import { InvalidRequestText } from '../errors.js';
import { assertFieldName } from './names.js';

export type FieldType =
  | { readonly kind: 'string' | 'int' | 'decimal' | 'date' | 'datetime' | 'boolean' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly of: FieldType }
  | { readonly kind: 'nested'; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly isOptional: boolean;
}

export const TYPES = 'string, int, decimal, date, datetime, boolean, enum(a|b), list(string), {field:type}';
const PLAIN = ['string', 'int', 'decimal', 'date', 'datetime', 'boolean'] as const;
const FIELDS_MAX = 40;
const DEPTH_MAX = 3;

/** What is between the brackets of an event. Errors: SCHEMATICS_INVALID_REQUEST. */
export const parseFields = (text: string, depth = 0): readonly Field[] => {
  if (depth > DEPTH_MAX) throw new InvalidRequestText(text, `is nested too deep: at most ${DEPTH_MAX} levels.`);
  const fields = splitTop(text, ',').map((part) => parseField(part, depth));
  if (fields.length > FIELDS_MAX) throw new InvalidRequestText(text, `has too many fields: at most ${FIELDS_MAX}.`);
  const twice = fields.find(({ name }, place) => fields.findIndex((other) => other.name === name) !== place);
  if (twice) throw new InvalidRequestText(twice.name, 'is the name of two fields.');
  return fields;
};

const parseField = (text: string, depth: number): Field => {
  const [, name = '', mark, typeText = ''] = /^([^:?]*)(\?)?\s*:(.*)$/s.exec(text) ?? [];
  if (name === '') throw new InvalidRequestText(text, 'is not a field: write it like subject:string, or note?:string if it may be missing.');
  assertFieldName(name.trim());
  const trimmed = typeText.trim();
  const isOptional = mark !== undefined || trimmed.endsWith('?');
  return { name: name.trim(), type: parseType(trimmed.replace(/\?$/, '').trim(), depth), isOptional };
};

const parseType = (text: string, depth: number): FieldType => {
  const plain = PLAIN.find((kind) => kind === text);
  if (plain !== undefined) return { kind: plain };
  const [, values] = /^enum\((.*)\)$/.exec(text) ?? [];
  if (values !== undefined) return { kind: 'enum', values: parseValues(values) };
  const [, of] = /^list\((.*)\)$/s.exec(text) ?? [];
  if (of !== undefined) return { kind: 'list', of: listOf(parseType(of.trim(), depth), text) };
  const [, nested] = /^\{(.*)\}$/s.exec(text) ?? [];
  if (nested === undefined || nested.trim() === '') throw new InvalidRequestText(text, `is no type. Types are ${TYPES}; "?" makes a field optional.`);
  return { kind: 'nested', fields: parseFields(nested, depth + 1) };
};

const listOf = (type: FieldType, text: string): FieldType => {
  if (type.kind === 'list')
    throw new InvalidRequestText(text, 'is a list of lists: put the inner one into a nested type, list({tags:list(string)}).');
  return type;
};

const parseValues = (text: string): readonly string[] => {
  const values = text.split('|').map((value) => value.trim());
  if (values.length > FIELDS_MAX || !values.every((value) => /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(value)) || new Set(values).size < values.length)
    throw new InvalidRequestText(`enum(${text})`, `must be different words with | between, like enum(low|high), at most ${FIELDS_MAX}.`);
  return values;
};

/** The parts between separators that are in no bracket; none for empty text. Errors: SCHEMATICS_INVALID_REQUEST. */
export const splitTop = (text: string, separator: string): readonly string[] => {
  if (text.trim() === '') return [];
  const parts = [''];
  const open: string[] = [];
  for (const character of text) {
    const closing = { '(': ')', '{': '}' }[character];
    if (closing !== undefined) open.push(closing);
    else if (character === ')' || character === '}') {
      if (open.pop() !== character) throw new InvalidRequestText(text, `has a ${character} too many.`);
    }
    if (character === separator && open.length === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  if (open.length > 0) throw new InvalidRequestText(text, `lacks a ${open.at(-1)}.`);
  return parts.map((part) => part.trim());
};

/** As TypeScript writes the type. `nested`: the name of the class of a nested one. */
export const typeText = (type: FieldType, nested: string): string => {
  switch (type.kind) {
    case 'int':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'enum':
      return type.values.map((value) => `'${value}'`).join(' | ');
    case 'list':
      return type.of.kind === 'enum' ? `readonly (${typeText(type.of, nested)})[]` : `readonly ${typeText(type.of, nested)}[]`;
    case 'nested':
      return nested;
    default:
      return 'string';
  }
};
