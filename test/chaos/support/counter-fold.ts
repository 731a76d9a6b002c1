// The expected counters at each position, kept event by event, and their comparison with a query's answer.
import type { Position } from '@mainstem/event-store';
import type { SearchResult } from '@mainstem/projection/adapter';

export class Counter {
  key!: string;
  group!: string;
  text!: string;
  events!: number;
  sum!: number;
}

interface Step {
  readonly position: Position;
  /** Undefined from a `Closed` on. */
  readonly counter: Counter | undefined;
}

export class CounterFold {
  readonly #positions: Position[] = [];
  readonly #steps = new Map<string, Step[]>();

  /** `counted` is undefined where the counter was closed. */
  add(key: string, position: Position, counted: { readonly group: string; readonly amount: number } | undefined): void {
    const steps = this.#steps.get(key) ?? [];
    const { events, sum } = steps.at(-1)?.counter ?? { events: 0, sum: 0 };
    const counter = counted && { key, group: counted.group, text: `counter of ${counted.group}`, events: events + 1, sum: sum + counted.amount };
    this.#steps.set(key, [...steps, { position, counter }]);
    this.#positions.push(position);
  }

  /**
   * The faults of an answer that lists all counters, in words. Its position is a lower bound: documents of the next
   * batch may be there or not, each by itself.
   */
  flawOf({ items, position }: SearchResult<Counter>, batchSizeMax: number): string | undefined {
    if (position === undefined) return items.length === 0 ? undefined : `shows ${items.length} counters and no position`;
    const upTo = this.#positions[this.#positions.indexOf(position) + batchSizeMax] ?? this.#positions.at(-1) ?? position;
    const shown = new Map(items.map(({ key, document }) => [key, document]));
    for (const [key, steps] of this.#steps) {
      const found = textOf(shown.get(key));
      if (!possible(steps, position, upTo).includes(found)) return `shows ${key} as ${found} at ${position}`;
      shown.delete(key);
    }
    return shown.size === 0 ? undefined : `shows ${[...shown.keys()].join()}, which never were`;
  }
}

const possible = (steps: readonly Step[], position: Position, upTo: Position): readonly string[] => {
  const later = steps.filter((step) => step.position > position && step.position <= upTo);
  return [steps.findLast((step) => step.position <= position), ...later].map((step) => textOf(step?.counter));
};

/** With its fields in one order. */
const textOf = (counter: Counter | undefined): string =>
  counter ? JSON.stringify(Object.entries(counter).sort(([left], [right]) => (left < right ? -1 : 1))) : 'nothing';
