// Events as the store keeps them: checked and encoded once.
import { InvalidInput } from './errors.js';
import type { DomainEvent, EventMetadata, NewEvent } from './event.js';
import { eventId, isPrintable, type EventId } from './identifiers.js';
import { decodedForm, encodeJson } from './json.js';

const TYPE_LENGTH_MAX = 256;

/** An event ready to be stored. */
export interface EncodedEvent {
  readonly id: EventId;
  readonly type: string;
  readonly dataJson: string;
  readonly metadataJson: string;
  /** Only of a copy: when the first store recorded it. */
  readonly recordedAt?: string;
}

/**
 * Checks and encodes an event; keeps a prepared event. `within` begins the path that an error names.
 * Errors: EVENT_STORE_INVALID_INPUT naming the path.
 */
export const encodeEvent = (event: NewEvent, index: number, within = ''): EncodedEvent =>
  event instanceof PreparedEvent ? event : encodedAt(event, `${within}events[${index}]`);

/**
 * An event that was checked and encoded before its append. Its payload is frozen and equals what a reader will decode,
 * so a fold before the append sees what is stored. No store encodes it again. A copy, such as `{ ...event }`, is an
 * ordinary event.
 */
export class PreparedEvent implements NewEvent, EncodedEvent {
  readonly id: EventId;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: EventMetadata;
  readonly dataJson: string;
  readonly metadataJson: string;

  private constructor({ id, type, data, metadata }: NewEvent, dataJson: string, metadataJson: string) {
    this.id = id;
    this.type = type;
    this.data = decodedForm(data);
    this.metadata = metadata;
    this.dataJson = dataJson;
    this.metadataJson = metadataJson;
    Object.freeze(this);
  }

  /**
   * Prepares an event of which only type and payload come from outside. `eventIdOf` gives its id, and `metadataJson`
   * its metadata, which must be frozen; neither is checked again. Errors: EVENT_STORE_INVALID_INPUT naming the path,
   * which begins with the event's type.
   */
  static ofDecision(event: NewEvent, metadataJson: string): PreparedEvent {
    return new PreparedEvent(event, encodedPayload(event, event.type), metadataJson);
  }
}

const encodedAt = (event: NewEvent, path: string): EncodedEvent => {
  if (event === null || typeof event !== 'object') throw new InvalidInput(path, 'must be an event');
  const dataJson = encodedPayload(event, path);
  const metadata: unknown = event.metadata;
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) throw new InvalidInput(`${path}.metadata`, 'must be an object');
  return {
    id: eventId(event.id),
    type: event.type,
    dataJson,
    metadataJson: encodeJson(metadata, `${path}.metadata`),
  };
};

const encodedPayload = ({ type, data }: DomainEvent, path: string): string => {
  if (!isTypeName(type)) throw new InvalidInput(`${path}.type`, `must be 1 to ${TYPE_LENGTH_MAX} printable characters and not start with $`);
  if (data === undefined) throw new InvalidInput(`${path}.data`, 'is missing; use {} for an event without payload');
  return encodeJson(data, `${path}.data`);
};

const isTypeName = (type: unknown): boolean =>
  typeof type === 'string' && type !== '' && type.length <= TYPE_LENGTH_MAX && !type.startsWith('$') && isPrintable(type);
