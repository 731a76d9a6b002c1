// Events before and after they are recorded.
import { UndecodableEvent } from './errors.js';
import type { EventId, Position, Revision, StreamName } from './identifiers.js';
import type { JsonValue } from './json.js';

/** A past-tense fact. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** What is known about an event besides its payload. All values are JSON. */
export interface EventMetadata {
  /** Version of the payload's schema; 1 when absent. */
  readonly schemaVersion?: number;
  /** The command that led to this event. One command never takes effect twice on a stream. */
  readonly commandId?: string;
  /** The whole conversation. */
  readonly correlationId?: string;
  /** The direct parent: the command, or the event that a process manager answered. */
  readonly causationId?: string;
  /** When it happened in the domain, ISO 8601 in UTC, if that differs from the time of recording (imports). */
  readonly occurredAt?: string;
  readonly tenant?: string;
  /** W3C trace context of the command, if it was traced. Only traces use it: no fold, key or digest does. */
  readonly traceparent?: string;
  readonly [key: string]: JsonValue | undefined;
}

/** An event on its way into the store. Ids are unique; the same id again means the same event (a retry). */
export interface NewEvent extends DomainEvent {
  readonly id: EventId;
  readonly metadata: EventMetadata;
}

/** An event read back. `data` and `metadata` may be decoded on first use: touch them only if you need them. */
export interface RecordedEvent<Type extends string = string, Data = unknown> extends DomainEvent<Type, Data> {
  readonly id: EventId;
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly position: Position;
  /** When the store recorded it, ISO 8601 in UTC with milliseconds. Not an order: use positions for that. */
  readonly recordedAt: string;
  readonly metadata: EventMetadata;
}

/** When the event happened: the time that the domain gives, else the time of recording. ISO 8601 in UTC. */
export const occurredAt = (event: RecordedEvent): string => event.metadata.occurredAt ?? event.recordedAt;

/** The stored columns of an event, as the driver returned them. */
export interface StoredEvent {
  readonly id: EventId;
  readonly stream: StreamName;
  /** Here and in `position`, a number up to 2⁵³ becomes a bigint on first use. */
  readonly revision: bigint | number;
  readonly position: bigint | number;
  readonly type: string;
  readonly recordedAtMs: number;
  /** Undefined: the event was read without its payload. */
  readonly dataJson: string | undefined;
  readonly metadataJson: string | undefined;
}

/**
 * A recorded event that parses its JSON once, on first use. For adapters. One flat object, because a rebuild makes
 * millions of them. Errors while reading `data` or `metadata`: EVENT_STORE_UNDECODABLE_EVENT.
 */
export class LazyRecordedEvent implements RecordedEvent {
  readonly #id: EventId;
  readonly #stream: StreamName;
  readonly #type: string;
  readonly #recordedAtMs: number;
  readonly #dataJson: string | undefined;
  readonly #metadataJson: string | undefined;
  #revision: bigint | number;
  #position: bigint | number;
  #data: unknown;
  #metadata: EventMetadata | undefined;
  #mayNameSchemaVersion: boolean | undefined;

  constructor({ id, stream, revision, position, type, recordedAtMs, dataJson, metadataJson }: StoredEvent) {
    this.#id = id;
    this.#stream = stream;
    this.#revision = revision;
    this.#position = position;
    this.#type = type;
    this.#recordedAtMs = recordedAtMs;
    this.#dataJson = dataJson;
    this.#metadataJson = metadataJson;
  }

  get id(): EventId {
    return this.#id;
  }
  get stream(): StreamName {
    return this.#stream;
  }
  get revision(): Revision {
    if (typeof this.#revision === 'number') this.#revision = BigInt(this.#revision);
    return this.#revision as Revision;
  }
  get position(): Position {
    if (typeof this.#position === 'number') this.#position = BigInt(this.#position);
    return this.#position as Position;
  }
  get type(): string {
    return this.#type;
  }
  get recordedAt(): string {
    return new Date(this.#recordedAtMs).toISOString();
  }
  get data(): unknown {
    return (this.#data ??= this.#parse(this.#dataJson));
  }
  get metadata(): EventMetadata {
    return (this.#metadata ??= this.#parse(this.#metadataJson) as EventMetadata);
  }
  /** False: the payload has schema version 1. True: the metadata gives the version. It parses nothing. */
  get mayNameSchemaVersion(): boolean {
    return (this.#mayNameSchemaVersion ??= this.#metadataJson?.includes('"schemaVersion"') ?? true);
  }
  /** The payload as the text that was appended. Errors: EVENT_STORE_UNDECODABLE_EVENT if it was no JSON. */
  get dataText(): string {
    return this.#dataJson ?? this.#unread();
  }
  /** The metadata under the port's names, as JSON. */
  get metadataText(): string {
    return this.#metadataJson ?? this.#unread();
  }
  /** The event in the form for a wire: places as decimal strings. */
  toJSON(): Record<string, unknown> {
    const { id, stream, revision, position, type, recordedAt, metadata, data } = this;
    return { id, stream, revision: String(revision), position: String(position), type, recordedAt, metadata, data };
  }
  /** Size of the stored payload and metadata in UTF-16 units: what a batch costs in memory. */
  get size(): number {
    return (this.#dataJson?.length ?? 0) + (this.#metadataJson?.length ?? 0);
  }

  #parse(json: string | undefined): unknown {
    const text = json ?? this.#unread();
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new UndecodableEvent(this.#type, this.position, 'its stored JSON is broken', error);
    }
  }

  #unread(): never {
    throw new TypeError(`the event at position ${this.#position} was read without its payload (needsPayload)`);
  }
}
