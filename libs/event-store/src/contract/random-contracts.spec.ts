// For random payload classes: a change that is called harmless refuses no payload that was accepted, and the lock file
// keeps all of a contract.
import {
  Allow,
  ArrayMaxSize,
  ArrayMinSize,
  Equals,
  IsArray,
  IsBoolean,
  IsDefined,
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
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineEvents, violationsOf, type PayloadClass } from '../event-registry.js';
import { compareContracts } from './compare-contracts.js';
import { contractsOf } from './declared-contracts.js';
import type { EventContracts } from './event-contract.js';
import { lockText, parseLock } from './lock-text.js';

const SEED = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);

const RULES: readonly (() => PropertyDecorator)[] = [
  () => IsString(),
  () => IsInt(),
  () => IsNumber(),
  () => IsNumber({ maxDecimalPlaces: 1 }),
  () => IsBoolean(),
  () => IsArray(),
  () => IsObject(),
  () => IsString({ each: true }),
  () => IsInt({ each: true }),
  () => Min(0),
  () => Min(1),
  () => Max(1),
  () => Max(10),
  () => IsPositive(),
  () => Length(1, 3),
  () => Length(0, 1),
  () => MaxLength(2),
  () => Matches(/^a/),
  () => IsIn(['a', 'b', 1]),
  () => IsIn(['a', 'b', 'abc', 1, true]),
  () => IsNotIn(['a']),
  () => Equals('a'),
  () => ArrayMinSize(1),
  () => ArrayMaxSize(1),
  () => IsNotEmpty(),
  () => IsDefined(),
  () => IsOptional(),
  () => ValidateIf((_, value) => value !== null),
  () => ValidateIf((object: { readonly b?: unknown }) => object.b !== undefined),
  () => Allow(),
];

const VALUES: readonly unknown[] = [undefined, null, '', 'a', 'b', 'abc', 'abcd', 0, 1, 2, 11, -1, 0.25, true, false, {}, [], ['a'], [1], ['a', 1]];
const NAMES = ['a', 'b', 'c'];

type Fields = Readonly<Record<string, readonly number[]>>;

const rules = fc.uniqueArray(fc.nat({ max: RULES.length - 1 }), { minLength: 1, maxLength: 3 });
const fields: fc.Arbitrary<Fields> = fc.dictionary(fc.constantFrom(...NAMES), rules, { minKeys: 1, noNullPrototype: true });
/** The same fields with one of them changed or without its last rule, or others. */
const pair: fc.Arbitrary<readonly [Fields, Fields]> = fields.chain((before) =>
  fc.tuple(
    fc.constant(before),
    fc.oneof(
      fields,
      fc.constantFrom(...Object.keys(before)).map((name) => ({ ...before, [name]: before[name]?.slice(0, -1) ?? [] })),
      fc.tuple(fc.constantFrom(...NAMES), rules).map(([name, changed]) => ({ ...before, [name]: changed })),
    ),
  ),
);
/** Which of the accepted values each field gets. */
const choice = fc.tuple(...NAMES.map(() => fc.nat({ max: VALUES.length - 1 })));

const classOf = (of: Fields): PayloadClass => {
  const made = class Made {};
  for (const [name, indexes] of Object.entries(of)) for (const index of indexes) RULES[index]?.()(made.prototype, name);
  return made;
};
/** Payloads of values that the class accepts one by one. */
const payloadsOf = (of: Fields, made: PayloadClass, choices: readonly (readonly number[])[]): readonly object[] => {
  const accepted = NAMES.map((name) =>
    name in of ? VALUES.filter((value) => !violationsOf({ [name]: value }, made).some((message) => message.startsWith(`${name}:`))) : [undefined],
  );
  return choices.map((places) => {
    const values = places.map((place, index) => accepted[index]?.[place % (accepted[index]?.length ?? 1)]);
    return Object.fromEntries(NAMES.flatMap((name, index) => (values[index] === undefined ? [] : [[name, values[index]]])));
  });
};
const contractsOfClass = (made: PayloadClass): EventContracts => contractsOf([defineEvents('thing', { Made: made })]).events;

describe(`contracts of random classes (seed ${SEED})`, () => {
  it('call nothing harmless that refuses a payload which was accepted', () => {
    let compared = 0;
    fc.assert(
      fc.property(pair, fc.array(choice, { minLength: 20, maxLength: 40 }), ([before, after], choices) => {
        const [former, present] = [classOf(before), classOf(after)];
        const changes = compareContracts(contractsOfClass(former), contractsOfClass(present));
        if (changes.some(({ isBreaking }) => isBreaking)) return;
        for (const data of payloadsOf(before, former, choices)) {
          if (violationsOf(data, former).length > 0) continue;
          compared++;
          expect(violationsOf(data, present), JSON.stringify({ data, changes })).toEqual([]);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(compared).toBeGreaterThan(RUNS / 6);
  });

  it('come back from the lock file, and differ in nothing from themselves', () => {
    fc.assert(
      fc.property(fields, (of) => {
        const contracts = contractsOfClass(classOf(of));
        expect(parseLock(lockText(contracts))).toEqual(contracts);
        expect(lockText(contractsOfClass(classOf(of)))).toBe(lockText(contracts));
        expect(compareContracts(contracts, contractsOfClass(classOf(of)))).toEqual([]);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
