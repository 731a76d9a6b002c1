// The quick check of declared rules gives the same answer as class-validator, for random objects.
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Min,
  ValidateIf,
  ValidateNested,
  validateSync,
} from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { violationsOfRules } from './declared-rules.js';

/** Applies decorators by calling them: spec files are compiled without decorator syntax. */
const declare = (declaring: new () => object, field: string, ...rules: PropertyDecorator[]): void => {
  for (const rule of rules) rule(declaring.prototype as object, field);
};

class Line {}
declare(Line, 'sku', IsString(), IsNotEmpty());
declare(Line, 'quantity', IsInt(), Min(1));
declare(Line, 'price', Matches(/^[0-9]+$/));

class Document {}
declare(Document, 'no', IsString());
declare(
  Document,
  'customer',
  ValidateIf((document: { customer: unknown }) => document.customer !== null),
  IsString(),
  IsNotEmpty(),
);
declare(Document, 'note', IsOptional(), IsString());
declare(Document, 'lines', IsOptional(), IsArray(), ArrayMaxSize(3), ValidateNested({ each: true }));
declare(Document, 'main', IsOptional(), ValidateNested());

class WithDefined {}
declare(WithDefined, 'a', IsOptional(), IsDefined());
class WithGroups {}
declare(WithGroups, 'a', IsInt({ groups: ['never'] }));
declare(WithGroups, 'b', IsIn([1, 2], { each: true }));
class WithMembers {
  get isOpen(): boolean {
    return true;
  }
}
declare(
  WithMembers,
  'a',
  ValidateIf((object: WithMembers) => object.isOpen),
  IsInt(),
);
class Child extends Line {}
declare(Child, 'extra', IsInt());

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 200);

const odd = fc.oneof(fc.constantFrom(undefined, null, '', 'x', '12', 0, 1, -1, 1.5, NaN, true, [], {}), fc.string(), fc.integer());
/** Mostly good values, so that whole objects are good often enough. */
const mostly = (good: unknown): fc.Arbitrary<unknown> => fc.oneof({ weight: 8, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: odd });
const instanceOf = (made: new () => object, fields: Record<string, unknown>): object => Object.assign(new made(), fields);

const lines = fc
  .record({ sku: mostly('a'), quantity: mostly(2), price: mostly('3'), unknown: odd }, { requiredKeys: ['sku', 'quantity', 'price'] })
  .chain((fields) => fc.constantFrom<unknown>(instanceOf(Line, fields), instanceOf(Line, fields), instanceOf(Line, fields), fields));
const members = fc.oneof({ weight: 6, arbitrary: lines }, { weight: 1, arbitrary: odd });
const documents = fc.record(
  {
    no: mostly('1'),
    customer: mostly('17850'),
    note: mostly(null),
    lines: fc.oneof({ weight: 6, arbitrary: fc.array(members, { maxLength: 4 }) }, { weight: 1, arbitrary: odd }),
    main: fc.oneof(members, fc.constant(null)),
    surplus: odd,
  },
  { requiredKeys: ['no', 'customer'] },
);

/** class-validator's verdict, but a list stands for a nested object only where the class declares one. */
const obeys = (made: new () => object, fields: Record<string, unknown>): boolean =>
  !Array.isArray(fields['main']) &&
  !(Array.isArray(fields['lines']) && fields['lines'].some(Array.isArray)) &&
  validateSync(instanceOf(made, fields), { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true }).length === 0;

describe('declared rules', () => {
  it.each<[string, new () => object, fc.Arbitrary<Record<string, unknown>>]>([
    ['documents with lines', Document, documents],
    ['lines', Line, fc.record({ sku: mostly('a'), quantity: mostly(1), price: mostly('1'), surplus: odd }, { requiredKeys: ['sku'] })],
    [
      'a class with an inherited rule',
      Child,
      fc.record({ sku: mostly('a'), quantity: mostly(1), price: mostly('1'), extra: mostly(1) }, { requiredKeys: [] }),
    ],
    ['rules that must be there', WithDefined, fc.record({ a: odd }, { requiredKeys: [] })],
    ['rules of groups and of each member', WithGroups, fc.record({ a: odd, b: fc.oneof(odd, fc.constantFrom([1], [1, 3])) }, { requiredKeys: [] })],
    ['conditions on members of the class', WithMembers, fc.record({ a: odd }, { requiredKeys: [] })],
  ])('agree with class-validator on %s', (_, made, objects) => {
    let obeyed = 0;
    fc.assert(
      fc.property(objects, (fields) => {
        // An object without fields has nothing to break when there are no rules at all.
        if (Object.keys(fields).length === 0) return;
        const expected = obeys(made, fields);
        expect(violationsOfRules(instanceOf(made, fields), made).length === 0).toBe(expected);
        expect(violationsOfRules(fields, made).length === 0).toBe(expected);
        if (expected) obeyed++;
      }),
      { numRuns: RUNS },
    );
    expect(obeyed).toBeGreaterThan(0);
  });

  it('name the path of the broken field', () => {
    const document = {
      no: '1',
      customer: null,
      lines: [instanceOf(Line, { sku: 'a', quantity: 1, price: '1' }), instanceOf(Line, { sku: 'a', quantity: 0, price: '1' })],
    };
    expect(violationsOfRules(document, Document)).toEqual([{ field: 'lines.1.quantity', message: 'quantity must not be less than 1' }]);
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('forbid a field called %s, at any depth', (name) => {
    const line = instanceOf(Line, { sku: 'a', quantity: 1, price: '1' });
    Object.defineProperty(line, name, { value: 1, enumerable: true });
    expect(violationsOfRules({ no: '1', customer: null, lines: [line] }, Document)).toEqual([
      { field: `lines.0.${name}`, message: `property ${name} should not exist` },
    ]);
  });
});
