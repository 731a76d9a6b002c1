// Promises of the encoding: lossless or refused.
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyJson, decodedForm, encodeJson } from './json.js';

class Money {
  amount = '1.00';
  isFree(): boolean {
    return false;
  }
}

class PrivateMoney {
  readonly #cents = 5;
  readonly currency = 'EUR';
  get cents(): number {
    return this.#cents;
  }
}

class Amount {
  readonly currency = 'EUR';
  readonly #cents: number;
  constructor(cents = 5) {
    this.#cents = cents;
  }
  cents(): number {
    return this.#cents;
  }
}

class Checked {
  static #made = 0;
  readonly sku = 'A';
  static made(): number {
    return Checked.#made;
  }
  isGood(): boolean {
    return this.#isLong() === false;
  }
  #isLong(): boolean {
    return this.sku.length > 5;
  }
}

class Hidden {
  readonly #value = 1;
  valueOf(): number {
    return this.#value;
  }
}

class Disguised extends Map<string, number> {
  override get [Symbol.toStringTag](): string {
    return 'Object';
  }
}

const changing = (): object => {
  let reads = 0;
  return {
    get n() {
      return reads++ === 0 ? 1 : Number.NaN;
    },
  };
};

describe('encodeJson', () => {
  it.each([
    null,
    true,
    '',
    'a',
    0,
    -1.5,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    {},
    [],
    [[]],
    { a: { b: [1, 'x', null] } },
    'lone \ud800',
    '\u0000\u2028',
  ])('encodes %j so that it decodes to the same', (value) => {
    expect(JSON.parse(encodeJson(value, 'data'))).toStrictEqual(value);
  });

  it('leaves out properties whose value is undefined', () => {
    expect(encodeJson({ a: undefined, b: 1 }, 'data')).toBe('{"b":1}');
  });

  it('accepts instances of plain classes and objects without prototype', () => {
    expect(encodeJson(new Money(), 'data')).toBe('{"amount":"1.00"}');
    expect(encodeJson(new Checked(), 'data')).toBe('{"sku":"A"}');
    expect(encodeJson(Object.assign(Object.create(null) as object, { a: 1 }), 'data')).toBe('{"a":1}');
  });

  it('accepts objects and lists of another realm, and a payload without fields', () => {
    expect(encodeJson(runInNewContext('({ a: [1, { b: 2 }] })'), 'data')).toBe('{"a":[1,{"b":2}]}');
    expect(encodeJson(new Hidden(), 'data')).toBe('{}');
  });

  it('keeps own keys named like parts of an object', () => {
    const text = '{"__proto__":{"a":1},"constructor":1,"toJSON":2}';
    expect(encodeJson(JSON.parse(text), 'data')).toBe(text);
  });

  it('accepts a value that occurs twice, which is no cycle', () => {
    const shared = { a: 1 };
    expect(encodeJson([shared, shared], 'data')).toBe('[{"a":1},{"a":1}]');
  });

  it('makes 0 of −0', () => {
    expect(encodeJson({ n: -0 }, 'data')).toBe('{"n":0}');
  });

  it.each<[string, unknown, string]>([
    ['a bigint', { a: [0, 1n] }, 'data.a[1]'],
    ['NaN', { a: { b: Number.NaN } }, 'data.a.b'],
    ['an infinity', [Infinity], 'data[0]'],
    ['a function', { f: () => 0 }, 'data.f'],
    ['a symbol', { s: Symbol('s') }, 'data.s'],
    ['a Date', { at: new Date(0) }, 'data.at'],
    ['an object with toJSON', { a: { toJSON: () => 1 } }, 'data.a'],
    ['a Map', { m: new Map() }, 'data.m'],
    ['a Set', { s: new Set() }, 'data.s'],
    ['a typed array', { b: new Uint8Array(2) }, 'data.b'],
    ['an ArrayBuffer', { b: new ArrayBuffer(2) }, 'data.b'],
    ['a RegExp', { r: /x/ }, 'data.r'],
    ['an Error', { e: new Error('x') }, 'data.e'],
    ['a boxed number', { n: Object(1) as unknown }, 'data.n'],
    ['a value object with its value behind getters', { m: new PrivateMoney() }, 'data.m'],
    ['private fields beside others', { m: new Amount() }, 'data.m'],
    ['inherited private fields', { m: new (class extends Amount {})() }, 'data.m'],
    ['an inherited getter', { m: new (class extends PrivateMoney {})() }, 'data.m'],
    ['an instance with nothing but methods', { m: new Hidden() }, 'data.m'],
    ['a key that is a symbol', { a: { b: 1, [Symbol('unit')]: 'EUR' } }, 'data.a'],
    ['a hidden property', Object.defineProperty({ a: 1 }, 'b', { value: 2 }), 'data'],
    ['a list with a named member', { a: Object.assign([1, 2], { total: 3 }) }, 'data.a'],
    ['a list with a symbol', { a: Object.assign([1, 2], { [Symbol('total')]: 3 }) }, 'data.a'],
    ['a Map that calls itself Object', { a: new Disguised([['a', 1]]) }, 'data.a'],
    ['a Map without its prototype', { a: Object.setPrototypeOf(new Map(), null) as object }, 'data.a'],
    ['a getter that answers NaN the second time', { a: changing() }, 'data.a.n'],
    ['a getter in a list', { a: Object.defineProperty([1], 0, { enumerable: true, get: () => 1 }) }, 'data.a[0]'],
    ['a setter without getter', Object.defineProperty({}, 'a', { enumerable: true, set: (_value: unknown) => {} }), 'data.a'],
    ['a getter called toJSON', Object.defineProperty({}, 'toJSON', { enumerable: true, get: () => 1 }), 'data'],
    ['a proxy', { a: new Proxy({ n: 1 }, {}) }, 'data.a'],
    ['a Date without toJSON', { at: Object.setPrototypeOf(new Date(0), {}) as object }, 'data.at'],
    ['undefined in an array', [1, undefined], 'data[1]'],
    ['undefined itself', undefined, 'data'],
  ])('refuses %s and names its path', (_, value, field) => {
    expect(() => encodeJson(value, 'data')).toThrow(expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT', field }));
  });

  it('refuses holes, cycles and more than 64 levels', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const nested = (levels: number): unknown => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 'x');
    for (const value of [new Array(2), cycle, nested(65)]) {
      expect(() => encodeJson(value, 'data')).toThrow(expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT' }));
    }
    expect(JSON.parse(encodeJson(nested(64), 'data'))).toEqual(nested(64));
  });
});

describe('decodedForm', () => {
  const seed = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  /** What JSON can hold, and what it leaves out or changes: undefined, −0, instances, odd names. */
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.constantFrom(-0, 0, 1e300, '__proto__', 'lone \ud800'),
      fc.array(
        tie('value').filter((member) => member !== undefined),
        { maxLength: 4 },
      ),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', '1', '0')),
        fc.option(tie('value'), { nil: undefined }),
        { maxKeys: 5 },
      ),
      fc.record({ amount: fc.string(), more: fc.option(tie('value'), { nil: undefined }) }).map((fields) => Object.assign(new Money(), fields)),
    ),
  }));
  const isFrozen = (node: unknown): boolean =>
    node === null || typeof node !== 'object' || (Object.isFrozen(node) && Object.values(node).every(isFrozen));

  it(`equals the parsed encoding, frozen (seed ${seed})`, () => {
    console.log(`decoded forms: PROPERTY_SEED=${seed}`);
    fc.assert(
      fc.property(value, (given) => {
        const decoded = decodedForm(given);
        const parsed: unknown = JSON.parse(encodeJson(given, 'data'));
        // Vitest takes a field called `constructor` for the class.
        expect(isDeepStrictEqual(decoded, parsed)).toBe(true);
        expect(JSON.stringify(decoded)).toBe(JSON.stringify(parsed));
        expect(isFrozen(decoded)).toBe(true);
        expect(isDeepStrictEqual(copyJson(decoded), parsed)).toBe(true);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('gives copies whose changes change nothing else', () => {
    const decoded = decodedForm({ a: [{ b: 1 }] }) as { readonly a: { b: number }[] };
    const copy = copyJson(decoded);
    copy.a.push({ b: 2 });
    (copy.a[0] as { b: number }).b = 3;
    expect(decoded).toEqual({ a: [{ b: 1 }] });
  });
});
