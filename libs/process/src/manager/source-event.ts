// Events of other streams inside an instance's own: how they are kept, and read back in their current schema.
import {
  copyJson,
  freezeJson,
  position,
  revision,
  streamPrefixOf,
  type EventId,
  type EventMetadata,
  type EventRegistry,
  type RecordedEvent,
  type StreamName,
} from '@mainstem/event-store';
import type { StoredSource } from './process-events.js';

/** The registries that the process listens to. */
export type Sources = readonly EventRegistry[];

/**
 * `event` is decoded: its payload is in the current schema, which is noted with it. The payload is copied: other
 * projections are handed the same event.
 */
export const storedSource = (event: RecordedEvent, sources: Sources): StoredSource => {
  const { id, stream, type, recordedAt, data } = event;
  const schemaVersion = registryOf(event, sources)?.schemaVersion(type) ?? 1;
  const { schemaVersion: _, ...metadata } = event.metadata;
  return {
    id,
    stream,
    revision: String(event.revision),
    position: String(event.position),
    type,
    recordedAt,
    metadata: schemaVersion > 1 ? { ...metadata, schemaVersion } : metadata,
    data: copyJson(data),
  };
};

/** Its payload is frozen. Errors: EVENT_STORE_UNDECODABLE_EVENT, EVENT_STORE_NEWER_EVENT. */
export const sourceOf = (stored: StoredSource, sources: Sources): RecordedEvent => {
  const { type, recordedAt, data } = stored;
  const event: RecordedEvent = {
    id: stored.id as EventId,
    stream: stored.stream as StreamName,
    revision: revision(stored.revision),
    position: position(stored.position),
    type,
    recordedAt,
    metadata: stored.metadata as EventMetadata,
    data,
  };
  const decoded = registryOf(event, sources)?.decode(event) ?? event;
  freezeJson(decoded.data);
  return decoded;
};

const registryOf = ({ type, stream }: Pick<RecordedEvent, 'type' | 'stream'>, sources: Sources): EventRegistry | undefined =>
  sources.find((registry) => registry.has(type) && stream.startsWith(streamPrefixOf(registry.category)));
