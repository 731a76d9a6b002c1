// One answer of a read, decoded by hand, in the shape in which the client looks at it. The client's own decoder takes three quarters of the
// time of a long read, and parses every payload whether somebody wants it or not.
import { DELIMITED, tagOf, VARINT, WireReader } from './wire-reader.js';
import { decodeEvent, type WireEvent } from './wire-event.js';

const EMPTY = new Uint8Array(0);

/** What the client takes from an event besides its data; the data is the event itself, as bytes of no known content. */
const NO_PROPERTIES = { get: (): undefined => undefined };
const NO_STREAM = { getStreamName: (): Uint8Array => EMPTY };
const NO_ID = { hasStructured: (): boolean => false, getString: (): string => '' };

/** As an event of the client's generated code, as far as the client's conversion asks it. */
class EventAnswer {
  readonly #event: WireEvent;

  constructor(event: WireEvent) {
    this.#event = event;
  }

  hasEvent(): boolean {
    return true;
  }
  getEvent(): this {
    return this;
  }
  hasLink(): boolean {
    return false;
  }
  hasCommitPosition(): boolean {
    return false;
  }
  getMetadataMap(): typeof NO_PROPERTIES {
    return NO_PROPERTIES;
  }
  hasStreamIdentifier(): boolean {
    return true;
  }
  getStreamIdentifier(): typeof NO_STREAM {
    return NO_STREAM;
  }
  hasId(): boolean {
    return true;
  }
  getId(): typeof NO_ID {
    return NO_ID;
  }
  getStreamRevision(): bigint {
    return 0n;
  }
  getCustomMetadata_asU8(): Uint8Array {
    return EMPTY;
  }
  getCommitPosition(): undefined {
    return undefined;
  }
  getPreparePosition(): undefined {
    return undefined;
  }
  getData_asU8(): WireEvent {
    return this.#event;
  }
}

/** An answer that is no event: a mark, or a refusal. */
class MarkAnswer {
  readonly #mark: Mark;

  constructor(mark: Mark) {
    this.#mark = mark;
  }

  hasConfirmation(): boolean {
    return this.#mark.kind === 'confirmation';
  }
  getConfirmation(): { getSubscriptionId(): string } {
    return { getSubscriptionId: () => '' };
  }
  hasCaughtUp(): boolean {
    return this.#mark.kind === 'caught-up';
  }
  hasCheckpoint(): boolean {
    return this.#mark.kind === 'checkpoint';
  }
  getCheckpoint(): { getCommitPosition(): bigint; getPreparePosition(): bigint } {
    return { getCommitPosition: () => this.#mark.commit, getPreparePosition: () => this.#mark.prepare };
  }
  hasStreamNotFound(): boolean {
    return this.#mark.kind === 'stream-not-found';
  }
  getStreamNotFound(): { getStreamIdentifier(): undefined } {
    return { getStreamIdentifier: () => undefined };
  }
}

interface Mark {
  readonly kind: 'confirmation' | 'caught-up' | 'checkpoint' | 'stream-not-found' | 'other';
  commit: bigint;
  prepare: bigint;
}

/**
 * ReadResp: event = 1 { event = 1, link = 2 }, confirmation = 2, checkpoint = 3, stream_not_found = 4, caught_up = 8. Of a link and its event
 * the link is taken: it is what was written at that place. Errors: RangeError for bytes that are no such message.
 */
export const decodeReadAnswer = (bytes: Buffer): EventAnswer | MarkAnswer => {
  const reader = new WireReader(bytes);
  let answer: EventAnswer | MarkAnswer | undefined;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, DELIMITED)) answer = decodeResolved(reader.message());
    else if (tag === tagOf(2, DELIMITED)) answer = markOf('confirmation', reader);
    else if (tag === tagOf(3, DELIMITED)) answer = checkpointOf(reader.message());
    else if (tag === tagOf(4, DELIMITED)) answer = markOf('stream-not-found', reader);
    else if (tag === tagOf(8, DELIMITED)) answer = markOf('caught-up', reader);
    else reader.skip(tag);
  }
  return answer ?? new MarkAnswer({ kind: 'other', commit: 0n, prepare: 0n });
};

const decodeResolved = (reader: WireReader): EventAnswer | undefined => {
  let event: WireEvent | undefined;
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, DELIMITED)) event ??= decodeEvent(reader.message());
    else if (tag === tagOf(2, DELIMITED)) event = decodeEvent(reader.message());
    else reader.skip(tag);
  }
  return event && new EventAnswer(event);
};

const markOf = (kind: Mark['kind'], reader: WireReader): MarkAnswer => {
  reader.message();
  return new MarkAnswer({ kind, commit: 0n, prepare: 0n });
};

const checkpointOf = (reader: WireReader): MarkAnswer => {
  const mark: Mark = { kind: 'checkpoint', commit: 0n, prepare: 0n };
  while (reader.hasMore) {
    const tag = reader.number();
    if (tag === tagOf(1, VARINT)) mark.commit = reader.bigint();
    else if (tag === tagOf(2, VARINT)) mark.prepare = reader.bigint();
    else reader.skip(tag);
  }
  return new MarkAnswer(mark);
};
