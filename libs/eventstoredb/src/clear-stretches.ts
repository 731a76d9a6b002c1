// Stretches of the log in which subscriptions of this process have found nothing that they want: another one with the same filter skips them.
import { isPositionBefore, type EventFilter, type Position } from '@mainstem/event-store';

export interface Stretch {
  readonly after: Position | undefined;
  readonly until: Position | undefined;
}

/** What one subscription keeps up to date while its connection lasts. */
export interface StretchRecord {
  /** Nothing that is wanted lies strictly after the one and up to the other. */
  note(stretch: Stretch): void;
  /** What it knew may not hold any more. */
  forget(): void;
}

export class ClearStretches {
  readonly #records = new Map<string, Set<{ stretch: Stretch | undefined }>>();

  record(filter: EventFilter): StretchRecord {
    const key = keyOf(filter);
    const record: { stretch: Stretch | undefined } = { stretch: undefined };
    const records = this.#records.get(key) ?? new Set();
    return {
      note: (stretch) => {
        record.stretch = stretch;
        this.#records.set(key, records.add(record));
      },
      forget: () => {
        records.delete(record);
        if (records.size === 0 && this.#records.get(key) === records) this.#records.delete(key);
      },
    };
  }

  /** The log is not the one any more that all of them were found in. */
  forgetAll(): void {
    for (const records of this.#records.values()) for (const record of records) record.stretch = undefined;
  }

  /** The furthest position up to which nothing that is wanted follows the given one. */
  skip(filter: EventFilter, after: Position | undefined): Position | undefined {
    let furthest = after;
    for (const { stretch } of this.#records.get(keyOf(filter)) ?? []) {
      if (stretch?.until === undefined || isPositionBefore(after, stretch.after)) continue;
      if (isPositionBefore(furthest, stretch.until)) furthest = stretch.until;
    }
    return furthest;
  }
}

const keyOf = ({ types, streamPrefixes }: EventFilter): string => JSON.stringify([types?.toSorted(), streamPrefixes?.toSorted()]);
