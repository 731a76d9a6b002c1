// Compares two logs event by event, from the first one on, with one page of each in memory.
import type { EventReader, Position, RecordedEvent } from '@mainstem/event-store';
import { differingPart, LogDigest } from './log-digest.js';

const PAGE_EVENTS_MAX = 5_000;

export interface CompareOptions {
  readonly source: EventReader;
  readonly target: EventReader;
  /** True: the target may be the beginning of the source. */
  readonly mayEndBefore: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (position: Position, head: Position | undefined) => void;
}

/** The events up to the first difference, or all of the shorter log. */
export interface Comparison {
  readonly events: number;
  readonly streams: number;
  readonly log: string;
  readonly ofStreams: string;
  /** In a sentence; undefined if there is none. */
  readonly difference: string | undefined;
  /** True if the source goes on where the target ends. */
  readonly isSourceLonger: boolean;
}

/** Errors: EVENT_STORE_ABORTED, EVENT_STORE_UNDECODABLE_EVENT, those of the stores. */
export const compareLogs = async ({ source, target, mayEndBefore, signal, onProgress }: CompareOptions): Promise<Comparison> => {
  const head = await source.head(signal);
  const [left, right] = [new LogCursor(source, signal), new LogCursor(target, signal)];
  const digest = new LogDigest();
  const told = (difference: string | undefined, isSourceLonger = false): Comparison => {
    const { events, streams } = digest;
    return { events, streams, log: digest.ofLog(), ofStreams: digest.ofStreams(), difference, isSourceLonger };
  };
  try {
    for (;;) {
      const [first, second] = [left.next(), right.next()];
      // Without a promise for each event: nearly all of them are there.
      const [ofSource, ofTarget] = first instanceof Promise || second instanceof Promise ? await Promise.all([first, second]) : [first, second];
      if (!ofSource && !ofTarget) return told(undefined);
      if (!ofSource) return told(`the source ends, and the target goes on with ${nameOf(ofTarget)}`);
      if (!ofTarget) return told(mayEndBefore ? undefined : `the target ends, and the source goes on with ${nameOf(ofSource)}`, true);
      const part = differingPart(ofSource, ofTarget);
      if (part !== undefined) return told(differenceOf(ofSource, ofTarget, part));
      digest.add(ofSource);
      if (digest.events % PAGE_EVENTS_MAX === 0) onProgress(ofSource.position, head);
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
};

const differenceOf = (ofSource: RecordedEvent, ofTarget: RecordedEvent, part: string): string =>
  ofSource.id === ofTarget.id
    ? `${nameOf(ofSource)} differs in its ${part}`
    : `the source has ${nameOf(ofSource)}, and the target ${nameOf(ofTarget)}`;

const nameOf = (event: RecordedEvent | undefined): string =>
  event ? `${event.stream}@${event.revision} ${event.type} (event ${event.id}, position ${event.position})` : 'nothing';

/** One event after the other; a promise only where a page ends. */
class LogCursor {
  readonly #pages: AsyncIterator<readonly RecordedEvent[]>;
  #page: readonly RecordedEvent[] = [];
  #at = 0;

  constructor(log: EventReader, signal: AbortSignal) {
    this.#pages = log.readAll({ batchSizeMax: PAGE_EVENTS_MAX, signal })[Symbol.asyncIterator]();
  }

  next(): RecordedEvent | undefined | Promise<RecordedEvent | undefined> {
    const event = this.#page[this.#at++];
    return event ?? this.#nextPage();
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }

  async #nextPage(): Promise<RecordedEvent | undefined> {
    for (;;) {
      const { done, value } = await this.#pages.next();
      if (done) return undefined;
      this.#page = value;
      this.#at = 1;
      if (value[0]) return value[0];
    }
  }
}
