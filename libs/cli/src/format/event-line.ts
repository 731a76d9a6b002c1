// One recorded event as one line, for people or for programs.
import { occurredAt, type EventMetadata, type RecordedEvent } from '@mainstem/event-store';
import { toJson } from './json.js';

/** Position, time, stream, revision, type, payload and the application's metadata, with control characters escaped. */
export const eventLine = (event: RecordedEvent): string => {
  const own = ownMetadata(event.metadata);
  const facts = Object.keys(own).length === 0 ? '' : `  ${toJson(own)}`;
  return `${event.position}  ${occurredAt(event)}  ${event.stream}@${event.revision}  ${event.type}  ${toJson(event.data)}${facts}`;
};

/** The whole event as one JSON object; positions and revisions are decimal strings. */
export const eventJson = ({ id, stream, revision, position, type, recordedAt, metadata, data }: RecordedEvent): string =>
  toJson({ position, stream, revision, type, id, recordedAt, metadata, data });

/** The fields that the framework fills in; the time is shown by itself. */
const OF_THE_FRAMEWORK = ['commandId', 'correlationId', 'causationId', 'schemaVersion', 'occurredAt', 'traceparent', 'decidedAt', 'fingerprint'];

const ownMetadata = (metadata: EventMetadata): EventMetadata =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => !OF_THE_FRAMEWORK.includes(name) && !name.startsWith('$')));
