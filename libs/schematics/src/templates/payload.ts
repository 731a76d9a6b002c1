// Fields as members of a class with class-validator rules, and as examples for specs.
import { typeText, type Field, type FieldType } from '../model/fields.js';
import { pascalOf, withArticle, wordsOf } from '../model/names.js';
import { bracketed, LINE_MAX } from './layout.js';

/** Classes of a file, and the names that they import. */
export interface Classes {
  readonly text: string;
  readonly rules: ReadonlySet<string>;
  readonly hasNested: boolean;
}

const TEXT_MAX = 200;
const LIST_MAX = 100;
/** Of the members of a class. */
const INDENT = 2;

export interface ClassOptions {
  /** Lines before the fields. */
  readonly head?: readonly string[];
  /** The class that has the classes of nested fields already. Default: they are made before this one. */
  readonly nestedOf?: string;
}

/** A class with these fields. */
export const classOf = (name: string, fields: readonly Field[], { head = [], nestedOf }: ClassOptions = {}): Classes => {
  const owner = nestedOf ?? name;
  const nested = nestedOf === undefined ? nestedIn(name, fields).map((one) => classOf(one.name, one.fields)) : [];
  const rules = new Set([...nested.flatMap((part) => [...part.rules]), ...fields.flatMap(ruleNames)]);
  const body = [...head, ...fields.map((field) => memberOf(owner, field))];
  const text = body.length === 0 ? `export class ${name} {}\n` : `export class ${name} {\n${body.map((line) => `  ${line}\n`).join('')}}\n`;
  return { text: [...nested.map((part) => part.text), text].join('\n'), rules, hasNested: nestedIn(name, fields).length > 0 };
};

interface NestedClass {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** The classes of the nested fields themselves, without those that are nested in them. */
export const nestedIn = (owner: string, fields: readonly Field[]): readonly NestedClass[] =>
  fields.flatMap((field) => {
    const inner = innermost(field.type);
    return inner.kind === 'nested' ? [{ name: `${owner}${pascalOf(field.name)}`, fields: inner.fields }] : [];
  });

/** With those. */
export const allNestedIn = (owner: string, fields: readonly Field[]): readonly string[] =>
  nestedIn(owner, fields).flatMap((one) => [one.name, ...allNestedIn(one.name, one.fields)]);

const innermost = (type: FieldType): FieldType => (type.kind === 'list' ? type.of : type);

const memberOf = (owner: string, { name, type, isOptional }: Field): string => {
  const rules = rulesOf(type, `${owner}${pascalOf(name)}`);
  const parts = [
    ...(isOptional ? ['@IsOptional()'] : []),
    ...rules,
    `${name}${isOptional ? '?' : '!'}: ${typeText(type, `${owner}${pascalOf(name)}`)};`,
  ];
  const line = parts.join(' ');
  return line.length + INDENT <= LINE_MAX ? line : parts.join('\n  ');
};

const rulesOf = (type: FieldType, nested: string): readonly string[] => {
  if (type.kind !== 'list') return ruleOf(type, nested, '');
  return [`@IsArray()`, `@ArrayMaxSize(${LIST_MAX})`, ...ruleOf(type.of, nested, '{ each: true }')];
};

const ruleOf = (type: FieldType, nested: string, each: string): readonly string[] => {
  const also = each === '' ? '' : `, ${each}`;
  switch (type.kind) {
    case 'string':
      return [`@Length(1, ${TEXT_MAX}${also})`];
    case 'int':
      return [`@IsInt(${each})`];
    case 'decimal':
      return [each === '' ? `@IsDecimal()` : `@IsDecimal({}, ${each})`];
    case 'date':
      return [`@Matches(/^\\d{4}-\\d{2}-\\d{2}$/${also})`];
    case 'datetime':
      return [`@IsISO8601({ strict: true }${also})`];
    case 'boolean':
      return [`@IsBoolean(${each})`];
    case 'enum':
      return [`@IsIn([${type.values.map((value) => `'${value}'`).join(', ')}]${also})`];
    case 'nested':
      return [`@ValidateNested(${each})`, `@Type(() => ${nested})`];
    case 'list':
      return [];
  }
};

const ruleNames = ({ type, isOptional }: Field): readonly string[] =>
  [...(isOptional ? ['@IsOptional'] : []), ...rulesOf(type, '')].map((rule) => /^@(\w+)/.exec(rule)?.[1] ?? '').filter((name) => name !== 'Type');

/** An object literal with an example of each field, behind `before`. `owner`: its class, whose nested ones are made. */
export const exampleOf = (fields: readonly Field[], before = '', owner?: string): string => {
  const parts = fields.map(
    (field) => `${field.name}: ${valueOf(field.name, field.type, owner === undefined ? undefined : `${owner}${pascalOf(field.name)}`)}`,
  );
  return bracketed(before, ['{', '}'], parts, '');
};

/** An example of one field. */
export const exampleValue = ({ name, type }: Field): string => valueOf(name, type, undefined);

const valueOf = (name: string, type: FieldType, nested: string | undefined): string => {
  switch (type.kind) {
    case 'string':
      return `'${withArticle(wordsOf(name).join(' '))}'`;
    case 'int':
      return '3';
    case 'decimal':
      return `'12.50'`;
    case 'date':
      return `'2026-01-31'`;
    case 'datetime':
      return `'2026-01-31T12:30:00.000Z'`;
    case 'boolean':
      return 'true';
    case 'enum':
      return `'${type.values[0] ?? ''}'`;
    case 'list':
      return `[${valueOf(name, type.of, nested)}]`;
    case 'nested':
      return nested === undefined ? exampleOf(type.fields) : `Object.assign(new ${nested}(), ${exampleOf(type.fields, '', nested)})`;
  }
};

/** The import lines of a file with these classes. */
export const importsOf = ({ rules, hasNested }: Pick<Classes, 'rules' | 'hasNested'>): string =>
  [
    ...(hasNested ? [`import { Type } from 'class-transformer';\n`] : []),
    ...(rules.size > 0 ? [`import { ${[...rules].toSorted((left, right) => left.localeCompare(right)).join(', ')} } from 'class-validator';\n`] : []),
  ].join('');
