// Stretches of the log in which a subscription found no wanted event: another one with the same filter skips them.
import { isPositionBefore, type EventFilter, type Position } from '@mainstem/event-store';

export interface Stretch {
  readonly after: Position | undefined;
  readonly until: Position | undefined;
}

/** The record of one subscription, kept up to date while its connection lasts. */
export interface StretchRecord {
  /** No wanted event lies strictly after `after`, up to and including `until`. */
  note(stretch: Stretch): void;
  /** What was noted may no longer be true. */
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

  /** Forgets all stretches, because the log has changed to another state. */
  forgetAll(): void {
    for (const records of this.#records.values()) for (const record of records) record.stretch = undefined;
  }

  /** The furthest position that can be skipped to: no wanted event lies between the given one and it. */
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
