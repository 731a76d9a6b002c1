// One group of a roll-up: adds and removes contributions of documents exactly, and converts to and from its document.
import type { Measure } from '../definition/measures.js';
import type { RollUp } from '../definition/roll-up.js';
import type { ProjectionDocument } from '../read-store/read-store.js';
import { CountedValues, type Comparable, type CountedValue } from './counted-values.js';
import { fromUnits, toUnits } from './decimal.js';

/** A document's contribution to its group: one value for each measure, in order of declaration. */
export interface Contribution {
  readonly group: string;
  readonly values: readonly (string | number | null)[];
}

type ProjectionMeasure = Measure<ProjectionDocument>;
/** A sum beyond a safe integer is a bigint: that may happen on the way, and is refused at the end. */
type Total = number | bigint | CountedValues;

/** A sum that no document can show. */
export interface Overflow {
  /** The index of the measure, in order of declaration. */
  readonly measure: number;
  /** 1: too large; -1: too small. */
  readonly sign: 1 | -1;
  readonly error: RangeError;
}

/** A document's contribution, or null if it belongs to no group. Errors of the definition's functions are passed on. */
export const contributionOf = (rollUp: RollUp<ProjectionDocument>, document: ProjectionDocument | null): Contribution | null => {
  const group = document === null ? null : rollUp.groupBy(document);
  if (document === null || group === null) return null;
  if (typeof group !== 'string') throw new TypeError(`roll-up ${rollUp.name}: groupBy must give a string or null, got ${typeof group}`);
  return { group, values: Object.values(rollUp.measures).map((measure) => valueOf(measure, document)) };
};

/** Same group, same values: replacing one by the other changes nothing. */
export const isSameContribution = (left: Contribution | null, right: Contribution | null): boolean =>
  left === right ||
  (left !== null && right !== null && left.group === right.group && left.values.every((value, index) => value === right.values[index]));

/** The running totals of one group. */
export class RollUpGroup {
  readonly #rollUp: RollUp<ProjectionDocument>;
  readonly #measures: readonly ProjectionMeasure[];
  readonly #totals: Total[];
  #contributors: number;

  /** From the group's stored document, or an empty group. Errors: TypeError for a document that cannot be continued. */
  constructor(rollUp: RollUp<ProjectionDocument>, stored?: ProjectionDocument) {
    const fields = Object.keys(rollUp.measures);
    const [contributors, counted] = stateOf(rollUp, stored);
    this.#rollUp = rollUp;
    this.#measures = Object.values(rollUp.measures);
    this.#contributors = contributors;
    this.#totals = this.#measures.map((measure, index) => {
      const value = stored === undefined ? undefined : (stored as Record<string, unknown>)[fields[index] ?? ''];
      return totalOf(measure, value, counted[index] ?? []);
    });
  }

  add(contribution: Contribution): void {
    this.#contributors++;
    this.#apply(contribution, 1);
  }

  remove(contribution: Contribution): void {
    this.#contributors--;
    this.#apply(contribution, -1);
  }

  /** The first sum that is out of bounds, whatever the order of additions and removals. */
  overflow(): Overflow | undefined {
    for (const [measure, total] of this.#totals.entries()) {
      if (typeof total === 'bigint' && this.#measures[measure]?.kind === 'sum')
        return { measure, sign: total > 0n ? 1 : -1, error: outOfBounds(total) };
    }
    return undefined;
  }

  /** The group's document, or null without contributing documents. Errors: RangeError for an overflow. */
  document(group: string): ProjectionDocument | null {
    if (this.#contributors === 0) return null;
    const overflow = this.overflow();
    if (overflow) throw overflow.error;
    const entries: [string, unknown][] = [[this.#rollUp.keyField, group]];
    Object.keys(this.#rollUp.measures).forEach((field, index) => entries.push([field, this.#shown(index)]));
    entries.push([
      '$state',
      JSON.stringify([this.#contributors, this.#totals.map((total) => (total instanceof CountedValues ? total.entries() : 0))]),
    ]);
    return Object.fromEntries(entries);
  }

  #apply(contribution: Contribution, sign: 1 | -1): void {
    this.#measures.forEach((measure, index) => {
      const value = contribution.values[index];
      const total = this.#totals[index];
      if (value === undefined || value === null || total === undefined) return;
      this.#totals[index] = changed(measure, total, value, sign);
    });
  }

  #shown(index: number): string | number | null {
    const total = this.#totals[index];
    const measure = this.#measures[index];
    if (total instanceof CountedValues) return measure?.kind === 'min' ? total.min : total.max;
    if (typeof total === 'bigint') return fromUnits(total, measure?.kind === 'decimal-sum' ? measure.scale : 0);
    return total ?? 0;
  }
}

const valueOf = (measure: ProjectionMeasure, document: ProjectionDocument): string | number | null => {
  switch (measure.kind) {
    case 'count':
      return measure.where(document) ? 1 : 0;
    case 'sum':
      return wholeNumber(measure.value(document));
    case 'decimal-sum':
      return decimalText(measure.value(document));
    case 'min':
    case 'max':
      return comparable(measure.value(document));
  }
};

const wholeNumber = (value: number): number => {
  if (!Number.isSafeInteger(value)) throw outOfBounds(value);
  return value;
};

const outOfBounds = (value: number | bigint): RangeError =>
  new RangeError(`a sum takes whole numbers up to 2^53, got ${String(value)}; use decimalSum for others`);

const decimalText = (value: string): string => {
  if (typeof value !== 'string') throw new TypeError(`decimalSum takes decimal strings, got ${value === null ? 'null' : typeof value}`);
  return value;
};

const comparable = (value: string | number | null): string | number | null => {
  if (value === null || typeof value === 'string') return value;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new RangeError(`min and max take strings, finite numbers and null, got ${String(value)}`);
  return value === 0 ? 0 : value; // −0 has no JSON form
};

const totalOf = (measure: ProjectionMeasure, stored: unknown, counted: readonly CountedValue[]): Total => {
  switch (measure.kind) {
    case 'count':
    case 'sum':
      return stored === undefined ? 0 : wholeNumber(Number(stored));
    case 'decimal-sum':
      return stored === undefined ? 0n : toUnits(String(stored), measure.scale);
    case 'min':
    case 'max':
      return new CountedValues(counted);
  }
};

const changed = (measure: ProjectionMeasure, total: Total, value: Comparable, sign: 1 | -1): Total => {
  if (total instanceof CountedValues) {
    if (sign === 1) total.add(value);
    else total.remove(value);
    return total;
  }
  if (measure.kind === 'decimal-sum') {
    const units = toUnits(String(value), measure.scale);
    return sign === 1 ? BigInt(total) + units : BigInt(total) - units;
  }
  return exactSum(total, sign * Number(value));
};

const exactSum = (total: number | bigint, change: number): number | bigint => {
  const sum = Number(total) + change;
  if (typeof total === 'number' && Number.isSafeInteger(sum)) return sum;
  const exact = BigInt(total) + BigInt(change);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
};

type StoredState = readonly [contributors: number, counted: readonly (readonly CountedValue[] | 0)[]];

const stateOf = (
  rollUp: RollUp<ProjectionDocument>,
  stored: ProjectionDocument | undefined,
): readonly [number, readonly (readonly CountedValue[])[]] => {
  if (stored === undefined) return [0, []];
  const text: unknown = (stored as { readonly $state?: unknown }).$state;
  if (typeof text !== 'string') throw new TypeError(`roll-up ${rollUp.name}: a stored group has lost its $state; rebuild the projection`);
  const [contributors, counted] = JSON.parse(text) as StoredState;
  return [contributors, counted.map((entries) => entries || [])];
};
