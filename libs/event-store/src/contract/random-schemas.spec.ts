// For random payload classes and payloads, the derived JSON Schema gives the verdict of class-validator.
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  ArrayMaxSize,
  ArrayMinSize,
  Equals,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNotIn,
  IsNumber,
  IsObject,
  IsOptional,
  IsPositive,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineEvents, violationsOf, type PayloadClass } from '../event-registry.js';
import { contractsOf } from './declared-contracts.js';
import { jsonSchemaOf } from './json-schema.js';

const SEED = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);

/** Rules that JSON Schema has as well. */
const SHARED: readonly (() => PropertyDecorator)[] = [
  () => IsString(),
  () => IsInt(),
  () => IsNumber(),
  () => IsBoolean(),
  () => IsArray(),
  () => IsObject(),
  () => IsString({ each: true }),
  () => IsInt({ each: true }),
  () => Min(1),
  () => Max(1),
  () => IsPositive(),
  () => Length(1, 3),
  () => Matches(/^a/),
  () => IsIn(['a', 'b', 1, true]),
  () => IsNotIn(['a']),
  () => Equals('a'),
  () => ArrayMinSize(1),
  () => ArrayMaxSize(1),
  () => IsOptional(),
  () => ValidateIf((_, value) => value !== null),
];
/** Rules that it has not, or not in this place: what they refuse, the schema may accept. */
const OTHERS: readonly (() => PropertyDecorator)[] = [
  () => IsEmail(),
  () => IsNotEmpty(),
  () => IsNumber({ maxDecimalPlaces: 1 }),
  () => ValidateIf((object: { readonly b?: unknown }) => object.b !== undefined),
];
const ALL = [...SHARED, ...OTHERS];
const VALUES: readonly unknown[] = [
  undefined,
  null,
  '',
  'a',
  'b',
  'abc',
  'abcd',
  0,
  1,
  2,
  -1,
  0.25,
  true,
  false,
  {},
  { a: 1 },
  [],
  ['a'],
  [1],
  [1, 'a'],
];
const NAMES = ['a', 'b', 'c'];

const fieldsOf = (max: number): fc.Arbitrary<Readonly<Record<string, readonly number[]>>> =>
  fc.dictionary(fc.constantFrom('a', 'b'), fc.uniqueArray(fc.nat({ max }), { minLength: 1, maxLength: 3 }), { minKeys: 1, noNullPrototype: true });
const payloads = fc.array(
  fc
    .tuple(...NAMES.map((name) => (name === 'c' ? fc.constantFrom(undefined, undefined, undefined, 1) : fc.constantFrom(...VALUES))))
    .map((values) => Object.fromEntries(NAMES.flatMap((name, index) => (values[index] === undefined ? [] : [[name, values[index]]])))),
  { minLength: 20, maxLength: 40 },
);

const classOf = (fields: Readonly<Record<string, readonly number[]>>): PayloadClass => {
  const made = class Made {};
  for (const [name, indexes] of Object.entries(fields)) for (const index of indexes) ALL[index]?.()(made.prototype, name);
  return made;
};

const accepts = (made: PayloadClass): ((data: object) => boolean) => {
  const { $defs } = jsonSchemaOf(contractsOf([defineEvents('thing', { Made: made })]).events) as { readonly $defs: Readonly<Record<string, object>> };
  const validate = new Ajv2020({ strict: false }).compile($defs['thing/Made@1'] ?? false);
  return (data) => validate(data);
};

describe(`JSON Schemas of random classes (seed ${SEED})`, () => {
  it('accept and refuse what class-validator does, for rules that they have', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fieldsOf(SHARED.length - 1), payloads, (fields, all) => {
        const made = classOf(fields);
        const isAccepted = accepts(made);
        for (const data of all) {
          const violations = violationsOf(data, made);
          if (violations.length === 0) accepted++;
          if (isAccepted(data) !== (violations.length === 0)) expect.fail(`another verdict than ${JSON.stringify({ data, violations })}`);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('accept all that class-validator accepts, whatever the rules', () => {
    fc.assert(
      fc.property(fieldsOf(ALL.length - 1), payloads, (fields, all) => {
        const made = classOf(fields);
        const isAccepted = accepts(made);
        for (const data of all) if (violationsOf(data, made).length === 0 && !isAccepted(data)) expect.fail(`refuses ${JSON.stringify(data)}`);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
