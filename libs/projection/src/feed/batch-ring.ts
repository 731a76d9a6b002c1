// The most recent batches of one subscription, so that several projections can share one read.
import { isPositionBefore, type EventMark, type Position, type RecordedEvent, type SubscriptionBatch } from '@mainstem/event-store';

const BATCHES_MAX = 256;
/** About two full batches: keeping more than is needed costs memory and time. */
const BYTES_MAX = 12 * 1_048_576;
/** The cost of an event besides its payload; a payload of unknown size counts as much again. */
const EVENT_BYTES = 300;

/** Events after a position, without a hole. */
export interface Delivery {
  readonly events: readonly RecordedEvent[];
  /** The position after them. */
  readonly position: Position | undefined;
  /** The newest known event up to `position`, wanted or not; undefined if there is none after the former position. */
  readonly lastEvent: EventMark | undefined;
  /** Nothing lay beyond `position` at the time of reading. */
  readonly isCaughtUp: boolean;
}

interface Entry {
  readonly after: Position | undefined;
  readonly batch: SubscriptionBatch;
  readonly bytes: number;
}

/** Limited by number and bytes; the oldest batches go first, but the newest always stays. */
export class BatchRing {
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #end: Position | undefined;
  #isCaughtUp = false;

  /** `start`: where the subscription begins. */
  constructor(start: Position | undefined) {
    this.#end = start;
  }

  get end(): Position | undefined {
    return this.#end;
  }

  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** True if another batch as large as the newest one would replace the oldest one. */
  get isFull(): boolean {
    return this.#entries.length >= BATCHES_MAX || this.#bytes + (this.#entries.at(-1)?.bytes ?? 0) > BYTES_MAX;
  }

  /** End of the oldest batch: a reader before it still needs that batch. Undefined if there is none. */
  get endOfOldest(): Position | undefined {
    return this.#entries[0]?.batch.position;
  }

  /** Adds the next batch. Errors: RangeError if it does not follow. */
  push(batch: SubscriptionBatch): void {
    const last = batch.events.at(-1);
    const first = batch.events[0];
    if (
      isPositionBefore(batch.position, this.#end) ||
      (first && !isPositionBefore(this.#end, first.position)) ||
      (last && isPositionBefore(batch.position, last.position))
    ) {
      throw new RangeError(`the event store delivered a batch up to ${batch.position} that does not follow position ${this.#end ?? 'none'}`);
    }
    const bytes = batch.events.reduce((sum, event) => sum + EVENT_BYTES + sizeOf(event), EVENT_BYTES);
    this.#isCaughtUp = batch.isCaughtUp;
    if (batch.position === this.#end) return;
    this.#entries.push({ after: this.#end, batch, bytes });
    this.#end = batch.position;
    this.#bytes += bytes;
    while (this.#entries.length > 1 && (this.#entries.length > BATCHES_MAX || this.#bytes > BYTES_MAX))
      this.#bytes -= this.#entries.shift()?.bytes ?? 0;
  }

  /** True if everything read after this position is here. */
  covers(after: Position | undefined): boolean {
    const start = this.#entries.length > 0 ? this.#entries[0]?.after : this.#end;
    return !isPositionBefore(after, start) && !isPositionBefore(this.#end, after);
  }

  /** At most `limit` events after a covered position; empty at the end. */
  take(after: Position | undefined, limit: number): Delivery {
    const events: RecordedEvent[] = [];
    let position = after;
    let lastEvent: EventMark | undefined;
    for (let index = this.#entryAfter(after); index < this.#entries.length; index++) {
      const { batch } = this.#entries[index] as Entry;
      const from = firstAfter(batch.events, position);
      const room = limit - events.length;
      if (batch.events.length - from > room) {
        for (let place = from; place < from + room; place++) events.push(batch.events[place] as RecordedEvent);
        return { events, position: events.at(-1)?.position ?? position, lastEvent: events.at(-1) ?? lastEvent, isCaughtUp: false };
      }
      if (events.length === 0 && from === 0 && index === this.#entries.length - 1)
        return { events: batch.events, position: batch.position, lastEvent: lastEventOf(batch), isCaughtUp: this.#isCaughtUp };
      for (let place = from; place < batch.events.length; place++) events.push(batch.events[place] as RecordedEvent);
      position = batch.position;
      lastEvent = lastEventOf(batch) ?? lastEvent;
    }
    return { events, position, lastEvent, isCaughtUp: position === this.#end && this.#isCaughtUp };
  }

  /** Index of the first entry that ends beyond the position. */
  #entryAfter(after: Position | undefined): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isPositionBefore(after, this.#entries[middle]?.batch.position)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const lastEventOf = ({ lastEvent, events }: SubscriptionBatch): EventMark | undefined => lastEvent ?? events.at(-1);

const firstAfter = (events: readonly RecordedEvent[], position: Position | undefined): number => {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isPositionBefore(position, (events[middle] as RecordedEvent).position)) high = middle;
    else low = middle + 1;
  }
  return low;
};

const sizeOf = (event: RecordedEvent): number => ('size' in event && typeof event.size === 'number' ? event.size : EVENT_BYTES);
