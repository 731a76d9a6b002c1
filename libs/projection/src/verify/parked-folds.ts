// The folds that a generation has not made, because their events are parked.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import { isParkedIn, streamKeyOf } from '../fold/parking.js';
import { WHOLE, type Partition } from '../read-store/partition.js';
import type { GenerationSnapshot } from '../read-store/read-store.js';

const PAGE = 1_000;

/** The parked events of a generation at one moment. */
export class ParkedFolds {
  readonly #folds = new Map<string, Position>();

  private constructor(private readonly partition: Partition) {}

  /** All that a part has parked in a snapshot; memory grows with their number. */
  static async of(snapshot: GenerationSnapshot, partition: Partition = WHOLE): Promise<ParkedFolds> {
    const parked = new ParkedFolds(partition);
    // One position may have several parked keys, so a full page may end inside it: its last position is read again.
    for (let after: Position | undefined, limit = PAGE; ;) {
      const page = await snapshot.parked({ limit, ...(after !== undefined && { after }) });
      for (const { key, position } of page) if (isParkedIn(key, partition)) parked.#folds.set(foldId(position, key), position);
      if (page.length < limit) return parked;
      const last = page.at(-1)?.position;
      const before = page.findLast(({ position }) => position !== last)?.position;
      if (before === undefined) limit *= 2;
      else after = before;
    }
  }

  get isEmpty(): boolean {
    return this.#folds.size === 0;
  }

  has(event: RecordedEvent, key: string): boolean {
    return this.#folds.size > 0 && this.#folds.has(foldId(event.position, key));
  }

  hasStream(event: RecordedEvent): boolean {
    return this.#folds.size > 0 && this.has(event, streamKeyOf(event, this.partition.number));
  }

  /** True if the folds up to a position are unchanged: only replays remove events, and earlier ones are never added. */
  isSameUpTo(position: Position | undefined, other: ParkedFolds): boolean {
    const [mine, others] = [this.#upTo(position), other.#upTo(position)];
    return mine.length === others.length && mine.every((fold) => other.#folds.has(fold));
  }

  #upTo(position: Position | undefined): readonly string[] {
    if (position === undefined) return [];
    return [...this.#folds].filter(([, place]) => place <= position).map(([fold]) => fold);
  }
}

const foldId = (position: Position, key: string): string => `${position} ${key}`;
