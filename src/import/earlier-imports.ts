// What earlier imports have left in the event store, document by document.
import { AppendTurns } from '@mainstem/aggregate';
import { isPositionBefore, type EventReader, type Position, type StreamName } from '@mainstem/event-store';
import { ledgerAggregates } from '../ledger/ledger.aggregates.js';
import { LeftEvents, seqsOf, type Lines } from './left-events.js';
import { RecentDocuments } from './recent-documents.js';

const BYTES_MAX = 100_000_000;
/** About what is taken in memory. */
const DOCUMENT_BYTES = 400;
const EVENT_BYTES = 250;
const LINE_BYTES = 8;

/**
 * Knows the last documents of the file, as many as 100 MB hold: some 250,000 without events of earlier imports, or 400,000 such events. One that comes up
 * again after more than that is looked at again: a line that says the same at the same time as an event which stood for another line counts as there, too.
 */
export class EarlierImports {
  readonly #documents = new RecentDocuments<EarlierDocument>(BYTES_MAX);

  private constructor(
    private readonly reader: Pick<EventReader, 'readStream'>,
    private readonly end: Position | undefined,
  ) {}

  /** Those before this moment. Errors: those of the reader. */
  static async before(reader: Pick<EventReader, 'readStream' | 'head'>, signal: AbortSignal): Promise<EarlierImports> {
    return new EarlierImports(reader, await reader.head(signal));
  }

  /** What they have left of a document; undefined, and no memory taken, if there is nothing at all in the event store. */
  of(stream: string): EarlierDocument | undefined {
    if (this.end === undefined) return undefined;
    const known = this.#documents.get(stream);
    if (known) return known;
    const weigh = (bytes: number): void => this.#documents.set(stream, document, DOCUMENT_BYTES + bytes);
    const document: EarlierDocument = new EarlierDocument(stream, (left, signal) => this.#read(stream, left, signal), weigh);
    weigh(0);
    return document;
  }

  async #read(stream: string, left: LeftEvents, signal: AbortSignal): Promise<void> {
    const registry = ledgerAggregates.find(({ category }) => stream.startsWith(`${category}-`))?.events;
    for await (const batch of this.reader.readStream(stream as StreamName, { signal })) {
      for (const event of batch) {
        if (isPositionBefore(this.end, event.position)) return;
        const { commandId, occurredAt } = event.metadata;
        // Whatever is imported has the time of its line. What was asked for over HTTP is no line of a file.
        if (registry && commandId !== undefined && occurredAt !== undefined) left.add(commandId, registry.decode(event), occurredAt);
      }
    }
  }
}

/** One document. Its runs learn in the order of the file what is there. */
export class EarlierDocument {
  readonly turns = new AppendTurns();
  #left: LeftEvents | undefined;
  #taken: readonly number[] = [];

  constructor(
    private readonly stream: string,
    private readonly read: (left: LeftEvents, signal: AbortSignal) => Promise<void>,
    /** Told how many bytes it takes besides its own. */
    private readonly weigh: (bytes: number) => void,
  ) {}

  /** Whether there is nothing to be learnt any more. */
  get isKnown(): boolean {
    return this.#left !== undefined;
  }

  /** An event of this import is its first one. */
  isNew(): void {
    this.#left ??= new LeftEvents();
  }

  /** The command of these lines had taken effect before, with all of them. */
  isThere(lines: Lines): void {
    if (this.#left) return;
    this.#taken = seqsOf(lines);
    this.weigh(lines.length * LINE_BYTES);
  }

  /** Errors: those of the reader, and EVENT_STORE_NEWER_EVENT. */
  async look(signal: AbortSignal): Promise<void> {
    const left = new LeftEvents();
    await this.read(left, signal);
    left.takeCommand(this.stream, this.#taken);
    this.#taken = [];
    this.#left = left;
    this.weigh(left.size * EVENT_BYTES);
  }

  /** Those of the lines that earlier imports have not left, in pieces without a gap. */
  missing(lines: Lines): readonly Lines[] {
    return this.#left ? this.#left.missing(lines) : [lines];
  }
}
