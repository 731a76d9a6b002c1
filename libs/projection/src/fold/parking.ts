// Parks events during one batch: those of parked keys, and the one that the recovery policy gave up.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import { partitionOf, type Partition } from '../read-store/partition.js';
import type { ParkedEvent } from '../read-store/read-store.js';

/** An event without tries left: it is parked, with the reason, when it comes again. */
export interface Condemned {
  readonly position: Position;
  readonly key: string;
  readonly error: string;
}

/**
 * Events whose payload or key cannot be read are parked with their whole stream, under this and the stream's name. Each
 * part of a projection parks them for itself; all but the first add `~<part>/` before the name.
 */
const STREAM_KEY_PREFIX = '$stream/';
const STREAM_KEY_OF_PART = /^\$stream\/~([0-9]+)\//;
/** In characters. */
export const PARKED_ERROR_LENGTH_MAX = 2_000;

/** Decides which folds of a batch take place. */
export interface Gate {
  /** Events that this batch has parked, in order. */
  readonly events: readonly ParkedEvent[];
  /** True if the event must not be folded into the document of this key. */
  takes(event: RecordedEvent, key: string): boolean;
  /** True if the event must not even be decoded. */
  takesStream(event: RecordedEvent): boolean;
}

/** The gate of a running projection: parked events stay parked, and later events of the same key follow them. */
export class Parking implements Gate {
  readonly events: ParkedEvent[] = [];
  /** False in the normal case: nothing is parked, so no event needs a check. */
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

/** The gate of one document's replay: other documents of its events have had them, or wait for their own replay. */
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

/** The key under which a part parks an event whose own key is unknown. */
export const streamKeyOf = (event: RecordedEvent, partition = 0): string =>
  STREAM_KEY_PREFIX + (partition > 0 ? `~${partition}/` : '') + event.stream;

/** True if parked events of this key belong to the part. */
export const isParkedIn = (key: string, { number, count }: Partition): boolean => {
  if (!isStreamKey(key)) return partitionOf(key, count) === number;
  return Number(STREAM_KEY_OF_PART.exec(key)?.[1] ?? 0) === number;
};

export const isStreamKey = (key: string): boolean => key.charCodeAt(0) === 36 && key.startsWith(STREAM_KEY_PREFIX);
