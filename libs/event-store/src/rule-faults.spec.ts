// Refused by name: asynchronous rules, classes without rules, lists for objects, children of a payload's class.
import {
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsPositive,
  IsString,
  Length,
  registerDecorator,
  useContainer,
  Validate,
  ValidateIf,
  ValidateNested,
  ValidatePromise,
  ValidatorConstraint,
} from 'class-validator';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { violationsOfRules } from './declared-rules.js';
import { defineEvents } from './event-registry.js';

type Made = new () => object;
const declare = (made: Made, field: string, ...rules: readonly PropertyDecorator[]): void => {
  for (const rule of rules) rule(made.prototype as object, field);
};
const instance = (made: Made, fields: object): object => Object.assign(new made(), fields);

class Taken {
  validate(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
ValidatorConstraint({ name: 'taken', async: true })(Taken);
class Forgotten {
  validate(): Promise<boolean> {
    return Promise.reject(new Error('the database is away'));
  }
}
ValidatorConstraint({ name: 'forgotten' })(Forgotten);

const classWith = (...rules: readonly PropertyDecorator[]): Made => {
  class Register {}
  declare(Register, 'email', IsString(), ...rules);
  return Register;
};
const registered: PropertyDecorator = (target, propertyName) =>
  registerDecorator({
    name: 'registered',
    target: target.constructor,
    propertyName: String(propertyName),
    async: true,
    validator: { validate: () => Promise.resolve(false) },
  });

describe('a rule that answers later', () => {
  const asynchronous = (rule: string): unknown =>
    expect.objectContaining({ code: 'EVENT_STORE_ASYNCHRONOUS_RULE', className: 'Register', property: 'email', rule });

  it.each<[string, PropertyDecorator, string]>([
    ['a validator that says so', Validate(Taken), 'taken'],
    ['a registered one', registered, 'registered'],
    ['a promise as a field', ValidatePromise(), 'promiseValidation'],
  ])('is refused when it is part of a declared event: %s', (_, rule, name) => {
    expect(() => defineEvents('user', { Registered: classWith(rule) })).toThrow(asynchronous(name) as Error);
  });

  it.each<[string, PropertyDecorator, string]>([
    ['a validator', Validate(Forgotten), 'forgotten'],
    ['one for each member', Validate(Forgotten, { each: true }), 'forgotten'],
    ['a condition', ValidateIf(() => Promise.reject(new Error('away')) as unknown as boolean), 'condition'],
    ['a condition of one rule', IsString({ validateIf: () => Promise.reject(new Error('away')) as unknown as boolean }), 'condition'],
  ])('is refused when it answers with a promise, whose rejection does not end the process: %s', async (_, rule, name) => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown): number => unhandled.push(error);
    process.on('unhandledRejection', listener);
    try {
      expect(() => violationsOfRules({ email: 'a' }, classWith(rule))).toThrow(asynchronous(name) as Error);
      // Node reports rejections after all microtasks of a turn.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeListener('unhandledRejection', listener);
    }
    expect(unhandled).toEqual([]);
  });

  it('is refused in a nested class, when the first object of it comes', () => {
    class Order {}
    declare(Order, 'main', ValidateNested());
    expect(() => violationsOfRules({ main: instance(classWith(Validate(Taken)), { email: 'a' }) }, Order)).toThrow(asynchronous('taken') as Error);
  });

  it('is noticed although it was declared after the first check', () => {
    const Late = classWith();
    expect(violationsOfRules({ email: 'a' }, Late)).toEqual([]);
    declare(Late, 'email', Length(2));
    expect(violationsOfRules({ email: 'a' }, Late)).toEqual([expect.objectContaining({ field: 'email' })]);
    declare(Late, 'email', Validate(Taken));
    expect(() => violationsOfRules({ email: 'abc' }, Late)).toThrow(asynchronous('taken') as Error);
  });
});

describe('members of a class', () => {
  class Parcel {
    readonly kind?: string;
    isGift(): boolean {
      return this.kind === 'gift';
    }
    get gift(): boolean {
      return this.kind === 'gift';
    }
  }
  declare(Parcel, 'kind', IsIn(['gift', 'plain']));
  class ByMethod extends Parcel {}
  declare(
    ByMethod,
    'message',
    ValidateIf((parcel: Parcel) => parcel.isGift()),
    Length(1, 10),
  );
  class ByGetter extends Parcel {}
  declare(
    ByGetter,
    'message',
    ValidateIf((parcel: Parcel) => parcel.gift),
    Length(1, 10),
  );

  it.each([ByMethod, ByGetter])('serve the conditions of rules, also for plain objects and when inherited: %o', (made) => {
    for (const fields of [{ kind: 'gift', message: 'hi' }, { kind: 'plain' }]) expect(violationsOfRules(fields, made)).toEqual([]);
    expect(violationsOfRules({ kind: 'gift' }, made)).toEqual([expect.objectContaining({ field: 'message' })]);
  });

  it.each(['isGift', 'gift'])('are no fields: %s is refused like any other unknown field', (field) => {
    expect(violationsOfRules({ kind: 'plain', [field]: true }, ByMethod)).toEqual([{ field, message: `property ${field} should not exist` }]);
  });
});

describe('a payload of a child of its class', () => {
  class Paid {}
  declare(Paid, 'cents', IsInt(), IsPositive());
  class Lax extends Paid {}
  declare(Lax, 'cents', IsOptional());
  declare(Lax, 'note', IsOptional());
  const events = defineEvents('account', { Paid });

  it('is checked by the rules of the declared class', () => {
    const invalid = expect.objectContaining({ code: 'EVENT_STORE_INVALID_EVENT' }) as Error;
    for (const fields of [{ cents: 5, note: 'x' }, { cents: null }]) {
      expect(() => events.validate({ type: 'Paid', data: instance(Lax, fields) })).toThrow(invalid);
    }
    events.validate({ type: 'Paid', data: instance(Lax, { cents: 5 }) });
  });
});

describe('a list', () => {
  class Line {}
  declare(Line, 'sku', IsString());
  class Order {}
  declare(Order, 'lines', IsOptional(), ValidateNested({ each: true }));
  declare(Order, 'main', IsOptional(), ValidateNested());
  declare(Order, 'declared', IsOptional(), IsArray(), ValidateNested());
  declare(Order, 'cells', IsOptional(), IsArray({ each: true }), ValidateNested({ each: true }));
  const line = instance(Line, { sku: 'a' });

  it('stands for nested objects where one is declared, and a list of lists where that is', () => {
    for (const fields of [{ lines: [line] }, { lines: [] }, { main: line }, { declared: [line] }, { cells: [[line], []] }])
      expect(violationsOfRules(fields, Order)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['in a list', { lines: [[line]] }, 'lines.0'],
    ['without members in a list', { lines: [[]] }, 'lines.0'],
    ['deep in a list', { lines: [line, [[line]]] }, 'lines.1'],
    ['for one object', { main: [line] }, 'main'],
    ['without members for one object', { main: [] }, 'main'],
    ['in a list of a list', { cells: [[line, [line]]] }, 'cells.0.1'],
  ])('is refused elsewhere: %s', (_, fields, field) => {
    expect(violationsOfRules(fields, Order)).toEqual([{ field, message: 'must be an object, not a list' }]);
  });
});

describe('a class without rules', () => {
  class Bare {}
  class Order {}
  declare(Order, 'line', ValidateNested());

  it('is named, with what to do, unless there is nothing to check', () => {
    expect(violationsOfRules({}, Bare)).toEqual([]);
    const message = expect.stringMatching(/class Bare declares no rule .*@IsString\(\)/) as unknown;
    expect(violationsOfRules({ a: 1 }, Bare)).toEqual([{ field: '', message }]);
    expect(violationsOfRules({ line: instance(Bare, { a: 1 }) }, Order)).toEqual([{ field: 'line', message }]);
  });

  it('is told apart from a plain object where an instance is wanted', () => {
    expect(violationsOfRules({ line: { a: 1 } }, Order)).toEqual([{ field: 'line', message: expect.stringContaining('@Type(() => …)') as unknown }]);
  });
});

describe('a field named like what every object has', () => {
  class Odd {}
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) declare(Odd, name, IsOptional(), IsString());
  const withField = (made: Made, name: string, value: unknown): object =>
    Object.defineProperty(new made(), name, { value, enumerable: true, writable: true, configurable: true });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('is ordinary data if it is declared: %s', (name) => {
    expect(violationsOfRules(withField(Object as Made, name, 'x'), Odd)).toEqual([]);
    expect(violationsOfRules(withField(Odd, name, 'x'), Odd)).toEqual([]);
    expect(violationsOfRules(withField(Object as Made, name, 5), Odd)).toEqual([{ field: name, message: `${name} must be a string` }]);
  });

  const nestedOdd = (): Made => {
    class Outer {}
    declare(Outer, 'inner', IsOptional(), ValidateNested());
    return Outer;
  };
  const uncheckable: unknown = expect.objectContaining({ code: 'EVENT_STORE_UNCHECKABLE_FIELD', className: 'Odd', property: 'constructor' });

  it('called constructor is refused by name in a nested object: class-validator finds no class there', () => {
    const Outer = nestedOdd();
    for (const inner of [withField(Odd, 'constructor', 'x'), withField(Odd, 'constructor', 5), new Odd(), withField(Odd, 'toString', 'x')])
      expect(() => violationsOfRules(instance(Outer, { inner }), Outer)).toThrow(uncheckable as Error);
    expect(violationsOfRules(instance(Outer, {}), Outer)).toEqual([]);
    expect(() => defineEvents('odd', { Odd })).not.toThrow();
  });

  it('is refused when the class is declared where the type of the nested field is known', () => {
    const Outer = nestedOdd();
    const types = vi.fn<(key: string, target: object, property: string) => unknown>((_, target, property) =>
      target === Outer.prototype && property === 'inner' ? Odd : undefined,
    );
    const before = Object.getOwnPropertyDescriptor(Reflect, 'getMetadata');
    Object.defineProperty(Reflect, 'getMetadata', { value: types, configurable: true });
    try {
      expect(() => defineEvents('odd', { Outer })).toThrow(uncheckable as Error);
    } finally {
      if (before) Object.defineProperty(Reflect, 'getMetadata', before);
      else Reflect.deleteProperty(Reflect, 'getMetadata');
    }
  });
});

describe('a validator of a container', () => {
  class Allowed {
    constructor(private readonly list: readonly string[] = []) {}
    validate(value: string): boolean {
      return this.list.includes(value);
    }
    defaultMessage(): string {
      return 'is not allowed';
    }
  }
  ValidatorConstraint({ name: 'allowed' })(Allowed);
  class Choose {}
  declare(Choose, 'country', Validate(Allowed));
  afterEach(() => useContainer(undefined as unknown as Parameters<typeof useContainer>[0]));

  it('comes from the container that is set now', () => {
    for (const list of [['FR'], ['DE'], []]) {
      useContainer({ get: (made) => (made === (Allowed as unknown) ? new Allowed(list) : undefined) }, { fallback: true });
      for (const country of ['FR', 'DE']) {
        const expected = list.includes(country) ? [] : [{ field: 'country', message: 'is not allowed' }];
        expect(violationsOfRules({ country }, Choose)).toEqual(expected);
      }
    }
  });
});
