// Rules on a batch of appends, and says what has to be written for it. It reads and writes nothing.
import { isMainstemError, type AppendAllResult, type AppendResult, type MainstemError, type Position, type Revision } from '@mainstem/event-store';
import {
  resultOfAll,
  ruleOnAppend,
  ruleOnAppendAll,
  type EncodedAppend,
  type EncodedAppendAll,
  type EncodedEvent,
} from '@mainstem/event-store/adapter';
import { NeedsRead, type Place, type StreamView } from './stream-view.js';

/** One call. `append` has one stream. */
export type Work = { readonly kind: 'append'; readonly append: EncodedAppend } | { readonly kind: 'all'; readonly all: EncodedAppendAll };

export const appendsOf = (work: Work): readonly EncodedAppend[] => (work.kind === 'append' ? [work.append] : work.all.appends);

export interface PlannedEvent {
  readonly event: EncodedEvent;
  readonly stream: string;
  readonly revision: number;
}

/** What a call is told, once the position before the batch is known. */
export type Answer = { readonly result: (base: bigint) => AppendResult | AppendAllResult } | { readonly refusal: MainstemError };

/** With these a call fails alone: it has changed nothing. */
const REFUSALS = ['EVENT_STORE_WRONG_EXPECTED_REVISION', 'EVENT_STORE_APPEND_PARTLY_KNOWN'] as const;

export class BatchPlan {
  readonly events: PlannedEvent[] = [];
  /** Where each stream of an accepted call has to be while the batch is written. */
  readonly bases = new Map<string, number>();

  constructor(
    private readonly viewOf: (stream: string) => StreamView,
    /** For a call that may have been written: the revision from which on its events may stand. */
    private readonly sentFrom: ReadonlyMap<EncodedAppend, number>,
  ) {}

  /** Errors: `NeedsRead`, if the decision needs more than what is known. */
  rule(work: Work): Answer {
    try {
      return work.kind === 'append' ? this.#ruleOnOne(work.append) : this.#ruleOnAll(work.all);
    } catch (error) {
      if (!isMainstemError(error, ...REFUSALS)) throw error;
      // A refusal needs the truth, not what other calls expect.
      if (appendsOf(work).some(({ stream }) => !this.viewOf(stream).isRead)) throw new NeedsRead();
      return { refusal: error };
    }
  }

  #ruleOnOne(append: EncodedAppend): Answer {
    const view = this.viewOf(append.stream);
    const last = this.#writtenBefore(append, view) ?? this.#ruled(append, view);
    return { result: this.#toldOf(view, last) };
  }

  #ruled(append: EncodedAppend, view: StreamView): number {
    const ruling = ruleOnAppend(append, view);
    return ruling.kind === 'repeat' ? ruling.last : this.#write(append, view);
  }

  #ruleOnAll(all: EncodedAppendAll): Answer {
    const ruling = ruleOnAppendAll(all, (stream) => this.viewOf(stream));
    const results = all.appends.map((append, index) => {
      const view = this.viewOf(append.stream);
      if (append.events.length > 0) return this.#toldOf(view, ruling.kind === 'append' ? this.#write(append, view) : (ruling.lasts[index] ?? -1));
      if (ruling.kind === 'append') this.bases.set(append.stream, view.base);
      return undefined;
    });
    return { result: (base) => resultOfAll(results.map((told) => told?.(base))) };
  }

  /** An append without a place in its stream was sent, and the answer was lost: its ids tell whether it was written. */
  #writtenBefore(append: EncodedAppend, view: StreamView): number | undefined {
    const from = this.sentFrom.get(append);
    const found = from === undefined ? undefined : view.find(append.events, from);
    return found === undefined ? undefined : found + append.events.length - 1;
  }

  #write({ stream, events }: EncodedAppend, view: StreamView): number {
    this.bases.set(stream, view.base);
    const first = view.add(events, this.events.length);
    for (const [index, event] of events.entries()) this.events.push({ event, stream, revision: first + index });
    return view.last;
  }

  #toldOf(view: StreamView, last: number): (base: bigint) => AppendResult {
    const place = view.placeAt(last);
    return (base) => ({ revision: BigInt(last) as Revision, position: positionOf(place, base) });
  }
}

const positionOf = (place: Place, base: bigint): Position =>
  'position' in place ? place.position : ((base + BigInt(place.inBatch) + 1n) as Position);
