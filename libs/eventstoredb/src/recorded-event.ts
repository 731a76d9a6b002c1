// The port's view of an event in the client's wire format. Payload and metadata are parsed on first use.
import { UndecodableEvent, type EventId, type EventMetadata, type Position, type StreamName } from '@mainstem/event-store';
import { LazyRecordedEvent } from '@mainstem/event-store/adapter';
import { EventStoreFailed } from './errors.js';
import type { WireEvent } from './wire/wire-event.js';

/** Keys with a meaning for EventStoreDB: its projections join events by them. */
export const CORRELATION = '$correlationId';
export const CAUSATION = '$causationId';
/** The time when this adapter sent the event. Some clients cut the server's own time to seconds. */
export const RECORDED_AT = '$recordedAt';

const TICKS_PER_MS = 10_000n;

/** What is read of an event of the wire. */
type EventFields = Omit<WireEvent, never>;

/** Place in the whole store. Errors: EVENT_STORE_FAILED for events of the TCP transactions of servers before 2020. */
export const positionOf = ({ id, commit, prepare }: EventFields): number | bigint => {
  if (commit !== prepare) throw new EventStoreFailed('read', `event ${id} has no position of its own; it was written in a TCP transaction`);
  return commit;
};

/** Errors: EVENT_STORE_FAILED, as `positionOf`. */
export const recordedEvent = (event: EventFields): EventStoreDbEvent => new EventStoreDbEvent(event, positionOf(event));

export class EventStoreDbEvent extends LazyRecordedEvent {
  readonly #event: EventFields;
  #data: unknown;
  #stored: Readonly<Record<string, unknown>> | undefined;
  #metadata: EventMetadata | undefined;

  constructor(event: EventFields, position: number | bigint) {
    const { revision, type } = event;
    // The getters below replace what is parsed late.
    const late = { recordedAtMs: 0, dataJson: undefined, metadataJson: undefined };
    super({ id: event.id as EventId, stream: event.stream as StreamName, revision, position, type, ...late });
    this.#event = event;
  }

  override get recordedAt(): string {
    const recordedAt = this.#storedMetadata[RECORDED_AT];
    return typeof recordedAt === 'string' ? recordedAt : createdAt(this.#event);
  }

  /** The raw bytes if the event is not JSON. Errors: EVENT_STORE_UNDECODABLE_EVENT. */
  override get data(): unknown {
    return (this.#data ??= this.#event.isJson ? parsed(this.#event, this.position) : Uint8Array.from(this.#event.data));
  }

  override get metadata(): EventMetadata {
    return (this.#metadata ??= portMetadata(this.#storedMetadata));
  }

  override get dataText(): string {
    const { isJson, type, dataText } = this.#event;
    if (!isJson) throw new UndecodableEvent(type, this.position, 'it is not JSON');
    // Other writers may have said so of a text that is none.
    return this.data === undefined ? '' : dataText;
  }

  override get metadataText(): string {
    return JSON.stringify(this.metadata);
  }

  override get mayNameSchemaVersion(): boolean {
    return this.#event.metadataText.includes('"schemaVersion"');
  }

  override get size(): number {
    return this.#event.size;
  }

  /** Empty if the metadata is no JSON object, which only other writers produce. */
  get #storedMetadata(): Readonly<Record<string, unknown>> {
    return (this.#stored ??= metadataObject(this.#event));
  }
}

const parsed = ({ type, dataText }: EventFields, position: Position): unknown => {
  try {
    return JSON.parse(dataText);
  } catch (error) {
    throw new UndecodableEvent(type, position, 'its stored JSON is broken', error);
  }
};

/** The time by the server's clock. */
const createdAt = ({ created }: EventFields): string => new Date(/^\d+$/.test(created) ? Number(BigInt(created) / TICKS_PER_MS) : 0).toISOString();

/** The metadata under the port's names. */
const portMetadata = ({ [CORRELATION]: correlationId, [CAUSATION]: causationId, [RECORDED_AT]: _, ...rest }: Readonly<Record<string, unknown>>) =>
  ({
    ...rest,
    ...(correlationId !== undefined && { correlationId }),
    ...(causationId !== undefined && { causationId }),
  }) as EventMetadata;

const metadataObject = ({ metadataText }: EventFields): Readonly<Record<string, unknown>> => {
  if (metadataText === '') return {};
  try {
    const value: unknown = JSON.parse(metadataText);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  } catch {
    // The bytes come from a writer with a format of its own.
    return {};
  }
};
