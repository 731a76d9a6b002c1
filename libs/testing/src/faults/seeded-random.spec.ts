// Promises of the seeded generator.
import { describe, expect, it } from 'vitest';
import { seededRandom, type SeededRandom } from './seeded-random.js';

const draw = (random: SeededRandom, count = 50): readonly number[] => Array.from({ length: count }, () => random.next());

describe('seededRandom', () => {
  it('draws the same sequence for the same seed', () => {
    expect(draw(seededRandom(42))).toEqual(draw(seededRandom(42)));
  });

  it('draws another sequence for every other seed, however little it differs', () => {
    const seeds = [0, 1, -1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const sequences = seeds.map((seed) => draw(seededRandom(seed), 4));

    expect(new Set(sequences.flat()).size).toBe(seeds.length * 4);
  });

  it('stays in [0, 1), and fills it evenly', () => {
    for (const seed of [1, 2, 3]) {
      const numbers = draw(seededRandom(seed), 10_000);
      const tenths = Array.from({ length: 10 }, (_, tenth) => numbers.filter((number) => Math.floor(number * 10) === tenth).length);
      const chiSquare = tenths.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);

      expect(tenths.reduce((sum, count) => sum + count, 0)).toBe(10_000);
      expect(chiSquare).toBeLessThan(27.9); // exceeded once in a thousand, 9 degrees of freedom
    }
  });

  it('draws every whole number of a range, bounds included', () => {
    const random = seededRandom(7);
    const drawn = new Set(Array.from({ length: 500 }, () => random.int(-2, 3)));

    expect([...drawn].sort((left, right) => left - right)).toEqual([-2, -1, 0, 1, 2, 3]);
    expect(random.int(5, 5)).toBe(5);
  });

  it.each([
    [1, 0],
    [0.5, 1],
    [0, Number.NaN],
    [0, 2 ** 32],
  ])('refuses the range from %d to %d', (least, most) => {
    expect(() => seededRandom(1).int(least, most)).toThrow(RangeError);
  });

  it.each([Number.NaN, 0.5, Infinity, 2 ** 53])('refuses the seed %d', (seed) => {
    expect(() => seededRandom(seed)).toThrow(RangeError);
  });

  it('picks each item, and refuses to pick from none', () => {
    const random = seededRandom(3);

    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', undefined])))).toEqual(new Set(['a', 'b', undefined]));
    expect(() => random.pick([])).toThrow(RangeError);
  });

  it('shuffles into every order, equally often, and leaves its argument alone', () => {
    const random = seededRandom(11);
    const items = Object.freeze(['a', 'b', 'c']);
    const counts = new Map<string, number>();
    for (let round = 0; round < 6_000; round++) {
      const order = random.shuffle(items).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);

    expect([...counts.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
    expect(chiSquare).toBeLessThan(20.6); // once in a thousand, 5 degrees of freedom
  });

  it('forks generators that depend on seed and label alone', () => {
    const used = seededRandom(5);
    draw(used);

    expect(draw(used.fork('disk'))).toEqual(draw(seededRandom(5).fork('disk')));
    expect(draw(used.fork('disk'))).not.toEqual(draw(used.fork('network')));
    expect(draw(used.fork('disk'))).not.toEqual(draw(seededRandom(6).fork('disk')));
    expect(draw(used.fork('a').fork('b'))).not.toEqual(draw(used.fork('b').fork('a')));
  });
});
