// A frozen object can still change: what a state may hold, and which changeable parts are found in it.
import { runInNewContext, runInThisContext } from 'node:vm';
import { defineEvents } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from './aggregate.js';
import { changeablePartOf, isolate } from './isolation.js';

class Counter {
  #count = 0;
  increase(): number {
    return ++this.#count;
  }
}
class Grown extends Counter {
  readonly name = 'grown';
}
class Tally extends Map<string, number> {
  add(key: string): this {
    return super.set(key, 1);
  }
}
class Money {
  constructor(
    readonly cents: number,
    readonly currency: string,
  ) {}
  plus(other: Money): Money {
    return new Money(this.cents + other.cents, this.currency);
  }
}

const settable = (): object => {
  let kept = 0;
  return {
    get value() {
      return kept;
    },
    set value(given: number) {
      kept = given;
    },
  };
};

const CHANGEABLE: readonly (readonly [name: string, make: () => object])[] = [
  ['URL', () => new URL('http://localhost/')],
  ['URLSearchParams', () => new URLSearchParams('a=1')],
  ['Headers', () => new Headers()],
  ['AbortController', () => new AbortController()],
  ['Counter', () => new Counter()],
  ['Grown', () => new Grown()],
  ['Tally', () => new Tally()],
  ['Uint8Array', () => new Uint8Array(1)],
  ['ArrayBuffer', () => new ArrayBuffer(1)],
  ['SharedArrayBuffer', () => new SharedArrayBuffer(1)],
  ['WeakMap', () => new WeakMap()],
  ['Object', () => new Proxy({}, {})],
  ['Map Iterator', () => new Map().keys()],
  ['Map', () => Object.freeze(new Map())],
  ['Set', () => Object.freeze(new Set([1]))],
  ['Date', () => Object.preventExtensions(new Date(0))],
  ['Object', settable],
  ['Promise', () => Promise.resolve()],
];

describe('a state that is handed out', () => {
  it.each(CHANGEABLE)('does not count as frozen with a %s anywhere in it', (name, make) => {
    for (const state of [make(), { a: make() }, [[make()]], new Map([['a', { b: make() }]]), new Set([make()]), new Map([[make(), 1]])]) {
      expect(isolate(state)).toBe(false);
      expect(changeablePartOf(state)).toBe(name);
      // Objects that lead to it are found again.
      expect(isolate(state)).toBe(false);
    }
  });

  it.each([
    ['plain', { a: 1, b: [{ c: 'd' }], e: null, f: undefined }],
    ['of a class', new Money(5, 'GBP')],
    ['of classes in lists', { prices: [new Money(5, 'GBP')], at: new Map([['a', new Money(7, 'GBP')]]) }],
    ['with dates, sets and maps', { at: new Date(0), of: new Set(['a']), by: new Map([['a', new Set([1])]]) }],
    ['with a pattern and an error', { pattern: /a+/u, error: new RangeError('too large') }],
    ['without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['of another realm', runInNewContext('({ list: [1, { a: 2 }], map: new Map([[1, 2]]), at: new Date(0) })') as object],
  ])('is frozen when it is %s', (_, state) => {
    expect(changeablePartOf(state)).toBeUndefined();
    expect(isolate(state)).toBe(true);
    expect(Object.isFrozen(state)).toBe(true);
  });

  it('refuses changes of maps, sets and dates, also of another realm', () => {
    for (const run of [runInThisContext, runInNewContext]) {
      const state = run('({ map: new Map([[1, 2]]), set: new Set([1]), at: new Date(0) })') as {
        map: Map<number, number>;
        set: Set<number>;
        at: Date;
      };
      expect(isolate(state)).toBe(true);
      for (const change of [() => state.map.set(1, 3), () => state.set.add(2), () => state.at.setTime(1), () => state.map.clear()])
        expect(change).toThrow('never changed');
      expect([state.map.get(1), state.set.size, state.at.getTime()]).toEqual([2, 1, 0]);
    }
  });

  it('is refused as an initial state, with the name of the changeable part and advice', () => {
    const define = (): unknown =>
      defineAggregate({
        category: 'site',
        events: defineEvents('site', {}),
        initialState: { at: new URL('http://localhost/') },
        evolve: (state) => state,
        decide: () => [],
      });
    expect(define).toThrow(/initial state holds a URL, which can be changed although it is frozen; .*text/);
    expect(define).toThrow(expect.objectContaining({ code: 'AGGREGATE_INVALID_DEFINITION' }) as Error);
  });
});
