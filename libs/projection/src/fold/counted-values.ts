// An ordered multiset, with which min and max can remove a value.

export type Comparable = string | number;
/** Values with their counts, in order of value. */
export type CountedValue = readonly [value: Comparable, count: number];

/** Counts values and knows the smallest and the largest. Numbers come before strings; strings compare by code unit. */
export class CountedValues {
  readonly #values: Comparable[] = [];
  readonly #counts: number[] = [];

  constructor(entries: readonly CountedValue[] = []) {
    for (const [value, count] of entries) {
      this.#values.push(value);
      this.#counts.push(count);
    }
  }

  get min(): Comparable | null {
    return this.#values[0] ?? null;
  }

  get max(): Comparable | null {
    return this.#values.at(-1) ?? null;
  }

  add(value: Comparable): void {
    const place = this.#placeOf(value);
    const count = this.#countAt(place, value);
    if (count > 0) {
      this.#counts[place] = count + 1;
    } else {
      this.#values.splice(place, 0, value);
      this.#counts.splice(place, 0, 1);
    }
  }

  /** Removes one occurrence; a missing value is a fault of the caller. */
  remove(value: Comparable): void {
    const place = this.#placeOf(value);
    const count = this.#countAt(place, value);
    if (count === 0) throw new RangeError(`${JSON.stringify(value)} is removed but was never counted: the measure is not a pure function`);
    if (count > 1) {
      this.#counts[place] = count - 1;
    } else {
      this.#values.splice(place, 1);
      this.#counts.splice(place, 1);
    }
  }

  entries(): CountedValue[] {
    return this.#values.map((value, place) => [value, this.#counts[place] ?? 0]);
  }

  #countAt(place: number, value: Comparable): number {
    return this.#values[place] === value ? (this.#counts[place] ?? 0) : 0;
  }

  /** The place of the value, present or not. */
  #placeOf(value: Comparable): number {
    let low = 0;
    let high = this.#values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#values[middle] as Comparable, value)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const isBefore = (left: Comparable, right: Comparable): boolean => (typeof left === typeof right ? left < right : typeof left === 'number');
