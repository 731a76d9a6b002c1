// What one batch knows about a stream: how it was found, and what earlier appends of the batch add to it.
import type { Position } from '@mainstem/event-store';
import type { EncodedEvent, StreamState } from '@mainstem/event-store/adapter';

/** Where an event is: stored already, or at this place of the batch, counted from 0. */
export type Place = { readonly position: Position } | { readonly inBatch: number };

export interface KnownEvent {
  readonly id: string;
  readonly place: Place;
}

/** The decision needs ids that were not read. */
export class NeedsRead extends Error {}

export class StreamView implements StreamState {
  readonly #known = new Map<number, KnownEvent>();
  #last: number;

  constructor(
    /** Where the server has to find the stream; −1 for none. */
    readonly base: number,
    /** False: it was not read, but taken from what an append expects. */
    readonly isRead: boolean,
  ) {
    this.#last = base;
  }

  get last(): number {
    return this.#last;
  }

  /** An event that was read. */
  learn(revision: number, event: KnownEvent): void {
    this.#known.set(revision, event);
  }

  idsFrom(from: number, count: number): readonly string[] {
    const ids: string[] = [];
    for (let revision = from; revision < from + count && revision <= this.#last; revision++) {
      const event = this.#known.get(revision);
      if (!event) {
        if (!this.isRead) throw new NeedsRead();
        break;
      }
      ids.push(event.id);
    }
    return ids;
  }

  placeAt(revision: number): Place {
    const event = this.#known.get(revision);
    if (!event) throw new TypeError(`revision ${revision} was there a moment ago`);
    return event.place;
  }

  /** Adds events of the batch behind all others; gives the revision of the first. */
  add(events: readonly EncodedEvent[], firstInBatch: number): number {
    const first = this.#last + 1;
    for (const [index, { id }] of events.entries()) this.#known.set(first + index, { id, place: { inBatch: firstInBatch + index } });
    this.#last += events.length;
    return first;
  }

  /** Where these ids stand one after the other, from a revision on; undefined if they do not. */
  find(events: readonly EncodedEvent[], from: number): number | undefined {
    for (let revision = from; revision + events.length - 1 <= this.#last; revision++) {
      if (events.every(({ id }, index) => this.#known.get(revision + index)?.id === id)) return revision;
    }
    return undefined;
  }
}
