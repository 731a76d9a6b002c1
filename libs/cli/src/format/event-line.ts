// One recorded event as one line, for eyes or for programs.
import { occurredAt, type RecordedEvent } from '@mainstem/event-store';
import { toJson } from './json.js';

/** position, time, stream and revision, type, payload. Control characters in a payload stay escaped as in JSON. */
export const eventLine = (event: RecordedEvent): string =>
  `${event.position}  ${occurredAt(event)}  ${event.stream}@${event.revision}  ${event.type}  ${toJson(event.data)}`;

/** The whole event as one JSON object; positions and revisions are decimal strings. */
export const eventJson = ({ id, stream, revision, position, type, recordedAt, metadata, data }: RecordedEvent): string =>
  toJson({ position, stream, revision, type, id, recordedAt, metadata, data });
