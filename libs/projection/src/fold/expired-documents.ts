// The fold of expiring documents uses the times of events alone: a restart, a rebuild and a verification agree.
import type { RecordedEvent } from '@mainstem/event-store';
import type { Expiry, ProjectionDocument } from '../read-store/read-store.js';

/**
 * How much the clocks of appending processes may differ: an event may be recorded this much earlier than one before it.
 * A document is kept for this time after it has expired, then removed.
 */
const CLOCKS_DIFFER_MAX_MS = 60 * 60_000;

/** True if an event finds no such document: it had expired when the event was recorded. */
export const isExpiredFor = ({ recordedAt }: Pick<RecordedEvent, 'recordedAt'>, document: ProjectionDocument, expiry: Expiry): boolean =>
  isExpiredAt(Date.parse(recordedAt), document, expiry);

/** Documents that expire by this time are invisible to every event after this one. In milliseconds since the epoch. */
export const removableAfter = ({ recordedAt }: Pick<RecordedEvent, 'recordedAt'>): number => Date.parse(recordedAt) - CLOCKS_DIFFER_MAX_MS;

/** Null and undefined: never. */
export const isExpiredAt = (timeMs: number, document: ProjectionDocument, expiry: Expiry): boolean => (expiry(document) ?? Infinity) <= timeMs;
