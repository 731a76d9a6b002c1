// Sets events aside during one batch: those of keys that are parked already, and the one that the recovery policy gave up.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import { partitionOf, type Partition } from '../read-store/partition.js';
import type { ParkedEvent } from '../read-store/read-store.js';

/** An event whose tries are used up: to be parked, with the reason, when it is met again. */
export interface Condemned {
  readonly position: Position;
  readonly key: string;
  readonly error: string;
}

/**
 * Events that are parked with their whole stream, because its payload or key cannot be read, are parked under this and the stream's name. Each part
 * of a projection parks them for itself; all but the first put `~<part>/` before the name.
 */
const STREAM_KEY_PREFIX = '$stream/';
const STREAM_KEY_OF_PART = /^\$stream\/~([0-9]+)\//;
/** In characters. */
export const PARKED_ERROR_LENGTH_MAX = 2_000;

/** Decides which folds of a batch take place. */
export interface Gate {
  /** Parked by this batch, in the order in which they were met. */
  readonly events: readonly ParkedEvent[];
  /** Whether the event must not be folded into the document of this key. */
  takes(event: RecordedEvent, key: string): boolean;
  /** Whether the event must not even be decoded. */
  takesStream(event: RecordedEvent): boolean;
}

/** The gate of a running projection: what is parked stays parked, and later events of the same key line up behind it. */
export class Parking implements Gate {
  readonly events: ParkedEvent[] = [];
  /** False in the normal case: nothing is parked, so no event need be asked about. */
  readonly isActive: boolean;
  readonly #parkedKeys: ReadonlyMap<string, number>;
  readonly #condemned: readonly Condemned[];
  readonly #parkedAt: string;
  readonly #keysOfBatch = new Set<string>();
  readonly #hasStreams: boolean;

  constructor(
    parkedKeys: ReadonlyMap<string, number>,
    condemned: readonly Condemned[],
    nowMs: number,
    private readonly partition = 0,
  ) {
    this.#parkedKeys = parkedKeys;
    this.#condemned = condemned;
    this.#parkedAt = new Date(nowMs).toISOString();
    this.isActive = parkedKeys.size > 0 || condemned.length > 0;
    this.#hasStreams = condemned.some(({ key }) => isStreamKey(key)) || [...parkedKeys.keys()].some(isStreamKey);
  }

  takes(event: RecordedEvent, key: string): boolean {
    if (!this.isActive) return false;
    const condemned = this.#condemned.find((one) => one.position === event.position && one.key === key);
    if (condemned) return this.#park(event, key, condemned.error);
    return (this.#parkedKeys.has(key) || this.#keysOfBatch.has(key)) && this.#park(event, key, '');
  }

  takesStream(event: RecordedEvent): boolean {
    return this.#hasStreams && this.takes(event, streamKeyOf(event, this.partition));
  }

  #park(event: RecordedEvent, key: string, error: string): true {
    this.#keysOfBatch.add(key);
    this.events.push(parkedEventOf(event, key, error, this.#parkedAt));
    return true;
  }
}

/** Without an error it waits behind another one. */
export const parkedEventOf = (
  { position, id, type, stream, revision }: RecordedEvent,
  key: string,
  error: string,
  parkedAt: string,
): ParkedEvent => ({
  key,
  position,
  eventId: id,
  type,
  stream,
  revision,
  error: error.slice(0, PARKED_ERROR_LENGTH_MAX),
  parkedAt,
});

/** The gate of a replay of one document's parked events: other documents of the same events have had them, or wait for their own turn. */
export class OnlyKey implements Gate {
  readonly events: readonly ParkedEvent[] = [];

  constructor(readonly key: string) {}

  takes(_event: RecordedEvent, key: string): boolean {
    return key !== this.key;
  }

  takesStream(): boolean {
    return false;
  }
}

/** The key under which a part of the projection parks an event whose own key cannot be found out. */
export const streamKeyOf = (event: RecordedEvent, partition = 0): string =>
  STREAM_KEY_PREFIX + (partition > 0 ? `~${partition}/` : '') + event.stream;

/** Whether parked events of this key are the part's own. */
export const isParkedIn = (key: string, { number, count }: Partition): boolean => {
  if (!isStreamKey(key)) return partitionOf(key, count) === number;
  return Number(STREAM_KEY_OF_PART.exec(key)?.[1] ?? 0) === number;
};

export const isStreamKey = (key: string): boolean => key.charCodeAt(0) === 36 && key.startsWith(STREAM_KEY_PREFIX);
