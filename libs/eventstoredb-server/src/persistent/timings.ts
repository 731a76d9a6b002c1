// How long a consumer takes, for groups with extra statistics: the last thousand answers.

const WINDOW = 1_000;
/** A real server on Linux counts hundredths of a millisecond, whatever its documents say; clients test for above 0. */
const UNITS_PER_MS = 100;
const PERCENTILES = [90, 95, 99, 99.5, 99.9] as const;

export interface Measurement {
  readonly key: string;
  /** Hundredths of a millisecond. */
  readonly value: number;
}

export class Timings {
  readonly #now: () => number;
  readonly #begun = new Map<string, number>();
  readonly #measured: number[] = [];

  /** `now` gives milliseconds of a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  begin(id: string): void {
    this.#begun.set(id, this.#now());
  }

  end(id: string): void {
    const begunMs = this.#begun.get(id);
    if (begunMs === undefined) return;
    this.#begun.delete(id);
    this.#measured.push(Math.floor((this.#now() - begunMs) * UNITS_PER_MS));
    if (this.#measured.length > WINDOW) this.#measured.shift();
  }

  measurements(): readonly Measurement[] {
    const sorted = this.#measured.toSorted((one, other) => one - other);
    if (sorted.length === 0) return [];
    const at = (percent: number): number => sorted[Math.min(Math.floor((percent / 100) * sorted.length), sorted.length - 1)] ?? 0;
    const sum = sorted.reduce((total, value) => total + value, 0);
    return [
      { key: 'Mean', value: Math.floor(sum / sorted.length) },
      { key: 'Median', value: sorted[Math.floor(sorted.length / 2)] ?? 0 },
      { key: 'Fastest', value: at(0) },
      ...[0, 20, 40, 60, 80].map((percent, index) => ({ key: `Quintile ${index + 1}`, value: at(percent) })),
      ...PERCENTILES.map((percent) => ({ key: `${percent}%`, value: at(percent) })),
      { key: 'Highest', value: sorted.at(-1) ?? 0 },
    ];
  }
}
