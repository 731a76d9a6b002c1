// Random numbers from a seed: the same seed draws the same sequence on every machine.

export interface SeededRandom {
  /** A number in [0, 1) with 53 random bits. */
  next(): number;
  /** A whole number from `least` to `most`, both included; at most 2^32 different ones. Errors: RangeError. */
  int(least: number, most: number): number;
  /** One of the items, all equally likely. Errors: RangeError if there are none. */
  pick<Item>(items: readonly Item[]): Item;
  /** A copy of the items in random order, all orders equally likely (Fisher and Yates). */
  shuffle<Item>(items: readonly Item[]): Item[];
  /**
   * Another generator that depends on the seed and the label alone: draws here do not change draws there. With one for
   * each part of a simulation, a failure stays reproducible while another part changes.
   */
  fork(label: string): SeededRandom;
}

/**
 * A generator for tests, not for secrets: sfc32 (Chris Doty-Humphrey, PractRand, public domain). splitmix32 fills its
 * state of 128 bits from the seed. `seed` is any safe integer. Errors: RangeError.
 */
export const seededRandom = (seed: number): SeededRandom => {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed must be a safe integer, got ${seed}`);
  return new Sfc32(seed);
};

const TWO_POW_32 = 2 ** 32;
/** Rounds after which every bit of the seed has reached every bit of the state. */
const WARM_UP_ROUNDS = 12;

class Sfc32 implements SeededRandom {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#seed = seed;
    // Both halves of the seed count: two seeds that differ in any bit start differently.
    const low = splitMix32(seed >>> 0);
    const high = splitMix32(Math.floor(seed / TWO_POW_32) >>> 0);
    this.#a = low();
    this.#b = low() ^ high();
    this.#c = high();
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.#next32();
  }

  next(): number {
    return ((this.#next32() >>> 5) * 2 ** 26 + (this.#next32() >>> 6)) / 2 ** 53;
  }

  int(least: number, most: number): number {
    const count = most - least + 1;
    if (!Number.isSafeInteger(least) || !Number.isSafeInteger(most) || count < 1 || count > TWO_POW_32) {
      throw new RangeError(`there is no whole number to draw from ${least} to ${most}`);
    }
    return least + Math.floor(this.next() * count);
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('there is nothing to pick from');
    return items[this.int(0, items.length - 1)] as Item;
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.int(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other] as Item, shuffled[last] as Item];
    }
    return shuffled;
  }

  fork(label: string): SeededRandom {
    return new Sfc32(hash32(`${this.#seed}/${label}`));
  }

  #next32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014); 32-bit finalizer of MurmurHash3. */
const splitMix32 = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
  };
};

/** FNV-1a over UTF-16 units. */
const hash32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
};
