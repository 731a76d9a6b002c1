// Events of one log on their way into another one that takes them as they are.
import type { EncodedAppend } from './append-rules.js';
import type { EncodedEvent } from './encoded-event.js';
import { isMainstemError, NotCopyable } from './errors.js';
import { LazyRecordedEvent, type RecordedEvent } from './event.js';
import type { EventMark, EventStore, StoreLimits } from './event-store.js';
import { eventId, isPrintable, streamName, type EventId, type Revision, type StreamName } from './identifiers.js';
import { encodeJson } from './json.js';

/** An event as the target of a copy keeps it: its place in its stream, and its time in the source. */
export interface EventCopy extends EncodedEvent {
  readonly stream: StreamName;
  readonly revision: Revision;
  /** When the first store recorded it, as every reader of the target sees it. */
  readonly recordedAt: string;
}

export interface AppendCopiesOptions {
  /** The last event of the target; undefined if it has none. */
  readonly after: EventMark | undefined;
}

/** A store that takes the events of another log, for a copy of it. No other process appends meanwhile. */
export interface CopyTarget extends EventStore {
  /**
   * Appends events of several streams in the given order, durably, with their ids, texts and times. The store must end
   * with `after`, and each event must be the next one of its stream. The limits of one append do not count, but those
   * of the medium do. It writes all events, or a beginning of them if the medium cannot do better; a repetition needs
   * the new end. Gives the last event.
   *
   * Bounds: at least one event. Errors: EVENT_STORE_COPY_OVERTAKEN if the store ends with another event,
   * EVENT_STORE_COPY_GAP, EVENT_STORE_CLOSED, and the adapter's own.
   */
  appendCopies(copies: readonly EventCopy[], options: AppendCopiesOptions): Promise<EventMark>;
}

/** True if the store has the way in for copies. */
export const isCopyTarget = (store: EventStore): store is CopyTarget => 'appendCopies' in store;

/**
 * The copy of a recorded event: its payload is the text that was appended. Errors: EVENT_STORE_NOT_COPYABLE for what
 * not every store can keep: a payload that is not JSON, a name that the port does not take, a reserved field.
 */
export const eventCopyOf = (event: RecordedEvent): EventCopy => {
  const { stream, revision, type, recordedAt } = event;
  const refuse = (problem: string, cause?: unknown): never => {
    throw new NotCopyable(stream, revision, problem, cause);
  };
  const checked = <Value>(check: () => Value): Value => {
    try {
      return check();
    } catch (error) {
      return refuse(isMainstemError(error) ? error.message : String(error), error);
    }
  };
  const id = checked((): EventId => {
    streamName(stream);
    return eventId(event.id);
  });
  if (!isPrintable(type)) refuse('its type has characters that are not printable');
  const { dataJson, metadataJson } = checked(() => eventTextsOf(event));
  const reserved = metadataJson.includes('"$') && RESERVED.find((name) => name in checked(() => event.metadata));
  if (reserved === '$raw') refuse('its payload is not JSON');
  if (reserved) refuse(`its metadata has the field ${reserved}, which some stores use themselves`);
  return { id, stream, revision, type, dataJson, metadataJson: NO_FIELDS.test(metadataJson) ? '{}' : metadataJson, recordedAt };
};

/**
 * Payload and metadata as JSON: of events of the adapters the text that was appended. Errors:
 * EVENT_STORE_UNDECODABLE_EVENT for a payload that is no JSON.
 */
export const eventTextsOf = (event: RecordedEvent): Pick<EncodedEvent, 'dataJson' | 'metadataJson'> =>
  event instanceof LazyRecordedEvent
    ? { dataJson: event.dataText, metadataJson: event.metadataText }
    : { dataJson: encodeJson(event.data, 'data'), metadataJson: encodeJson(event.metadata, 'metadata') };

/** Fields by which adapters keep what has no other place. With `$raw` the payload is elsewhere, as bytes. */
const RESERVED = ['$correlationId', '$causationId', '$recordedAt', '$raw'];
const NO_FIELDS = /^\{\s*\}$/;

/**
 * Copies as appends that come one after the other, for stores without a better way. Each group has every stream once,
 * and fits into the limits unless one event alone is larger. All groups together keep the order of the events.
 */
export const copyGroups = function* (copies: readonly EventCopy[], limits: StoreLimits): Generator<readonly EncodedAppend[]> {
  let group = new Group();
  for (const copy of copies) {
    const bytes = Buffer.byteLength(copy.dataJson) + Buffer.byteLength(copy.metadataJson) + (limits.bytesBeside?.(copy.type) ?? 0);
    const isFull = group.count >= limits.appendEventsMax || group.bytes + bytes > limits.appendBytesMax;
    if (group.count > 0 && (isFull || !group.takes(copy))) {
      yield group.appends();
      group = new Group();
    }
    group.add(copy, bytes);
  }
  if (group.count > 0) yield group.appends();
};

interface GroupedStream {
  readonly first: Revision;
  readonly events: EncodedEvent[];
  bytes: number;
}

class Group {
  readonly #streams = new Map<StreamName, GroupedStream>();
  #last: StreamName | undefined;
  count = 0;
  bytes = 0;

  /** A stream that comes again later would have to be in the group twice. */
  takes({ stream }: EventCopy): boolean {
    return stream === this.#last || !this.#streams.has(stream);
  }

  add(copy: EventCopy, bytes: number): void {
    const grouped = this.#streams.get(copy.stream) ?? { first: copy.revision, events: [], bytes: 0 };
    grouped.events.push(copy);
    grouped.bytes += bytes;
    this.#streams.set(copy.stream, grouped);
    this.#last = copy.stream;
    this.count++;
    this.bytes += bytes;
  }

  appends(): readonly EncodedAppend[] {
    return [...this.#streams].map(([stream, { first, events, bytes }]) => ({
      ...{ stream, events, bytes },
      expected: first === 0n ? ('no-stream' as const) : ((first - 1n) as Revision),
    }));
  }
}
