// What earlier imports have left in the event store, by document.
import { AppendTurns } from '@mainstem/aggregate';
import { isPositionBefore, type EventReader, type Position, type StreamName } from '@mainstem/event-store';
import { ledgerAggregates } from '../ledger/ledger.aggregates.js';
import { LeftEvents, seqsOf, type Lines } from './left-events.js';
import { RecentDocuments } from './recent-documents.js';

const BYTES_MAX = 100_000_000;
/** The approximate limit of memory. */
const DOCUMENT_BYTES = 400;
const EVENT_BYTES = 250;
const LINE_BYTES = 8;

/**
 * Remembers the last documents of the file, as many as fit into 100 MB: some 250,000 without events of earlier imports,
 * or 400,000 such events. A document that returns after that is read again. Then a line with the same content and time
 * as an event counts as present, even if the event came from another line.
 */
export class EarlierImports {
  readonly #documents = new RecentDocuments<EarlierDocument>(BYTES_MAX);

  private constructor(
    private readonly reader: Pick<EventReader, 'readStream'>,
    private readonly end: Position | undefined,
  ) {}

  /** The events before this moment. Errors: those of the reader. */
  static async before(reader: Pick<EventReader, 'readStream' | 'head'>, signal: AbortSignal): Promise<EarlierImports> {
    return new EarlierImports(reader, await reader.head(signal));
  }

  /** What they have left of a document; undefined, without memory, if the event store is empty. */
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
        // An imported event has the time of its line. Events from HTTP commands are no lines of a file.
        if (registry && commandId !== undefined && occurredAt !== undefined) left.add(commandId, registry.decode(event), occurredAt);
      }
    }
  }
}

/** One document. Its runs learn what is there, in the order of the file. */
export class EarlierDocument {
  readonly turns = new AppendTurns();
  #left: LeftEvents | undefined;
  #taken: readonly number[] = [];

  constructor(
    private readonly stream: string,
    private readonly read: (left: LeftEvents, signal: AbortSignal) => Promise<void>,
    /** `resize` learns how many further bytes it takes. */
    private readonly weigh: (bytes: number) => void,
  ) {}

  /** True if there is nothing more to learn. */
  get isKnown(): boolean {
    return this.#left !== undefined;
  }

  /** The document's first event comes from this import. */
  isNew(): void {
    this.#left ??= new LeftEvents();
  }

  /** The command of these lines had already taken effect, with all of them. */
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

  /** The lines that earlier imports have not left, in pieces without a gap. */
  missing(lines: Lines): readonly Lines[] {
    return this.#left ? this.#left.missing(lines) : [lines];
  }
}
