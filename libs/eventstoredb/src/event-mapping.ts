// Events of the port and events of the client, both ways.
import { jsonEvent, type EventData, type EventType, type RecordedEvent as ClientEvent, type ResolvedEvent } from '@eventstore/db-client';
import {
  type EncodedEvent,
  type EventId,
  type EventMetadata,
  type Position,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '@mainstem/event-store';
import { EventStoreFailed } from './errors.js';

/** Keys that EventStoreDB gives a meaning to: its projections put events together by them. */
const CORRELATION = '$correlationId';
const CAUSATION = '$causationId';
/** When this adapter sent the event. The server's own time may be cut to seconds by some clients. */
const RECORDED_AT = '$recordedAt';

export const clientEvent = ({ id, type, dataJson, metadataJson }: EncodedEvent, recordedAt: string): EventData => {
  const { correlationId, causationId, ...rest } = JSON.parse(metadataJson) as Record<string, unknown>;
  const metadata = {
    ...rest,
    ...(correlationId !== undefined && { [CORRELATION]: correlationId }),
    ...(causationId !== undefined && { [CAUSATION]: causationId }),
    [RECORDED_AT]: recordedAt,
  };
  // Parsed again because the client encodes when it sends: the caller may change its objects meanwhile.
  return jsonEvent({ id, type, data: JSON.parse(dataJson) as Record<string, unknown>, metadata });
};

/** Events of the store itself, of its projections and of this adapter: no handler sees them. */
export const isSystemEvent = ({ type, streamId }: { readonly type: string; readonly streamId: string }): boolean =>
  type.startsWith('$') || streamId.startsWith('$');

/** The event that was written, links not resolved. Undefined for what has none. */
export const writtenEvent = ({ link, event }: ResolvedEvent): ClientEvent<EventType> | undefined =>
  (link ?? event) as ClientEvent<EventType> | undefined;

/** Place in the whole store. Errors: EVENT_STORE_FAILED for events of transactions, which only the TCP protocol before 2020 could write. */
export const positionOf = (event: ClientEvent<EventType>): Position => {
  const { position } = event;
  if (!position || position.commit !== position.prepare) {
    throw new EventStoreFailed('read', `event ${event.id} has no position of its own; it was written in a TCP transaction`);
  }
  return position.commit as Position;
};

export const recordedEvent = (event: ClientEvent<EventType>): RecordedEvent => {
  const { metadata, recordedAt } = portMetadata(event.metadata);
  return {
    id: event.id as EventId,
    stream: event.streamId as StreamName,
    revision: event.revision as Revision,
    position: positionOf(event),
    type: event.type,
    recordedAt: recordedAt ?? event.created.toISOString(),
    data: event.data,
    metadata,
  };
};

const portMetadata = (stored: unknown): { readonly metadata: EventMetadata; readonly recordedAt: string | undefined } => {
  if (stored === null || typeof stored !== 'object' || stored instanceof Uint8Array) return { metadata: {}, recordedAt: undefined };
  const { [CORRELATION]: correlationId, [CAUSATION]: causationId, [RECORDED_AT]: recordedAt, ...rest } = stored as Record<string, string>;
  return {
    metadata: { ...rest, ...(correlationId !== undefined && { correlationId }), ...(causationId !== undefined && { causationId }) },
    recordedAt,
  };
};
