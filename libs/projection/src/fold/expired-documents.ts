// How documents that expire are folded: by the times of the events alone, so that a restart, a rebuild and a verification give the same.
import type { RecordedEvent } from '@mainstem/event-store';
import type { Expiry, ProjectionDocument } from '../read-store/read-store.js';

/**
 * How far the clocks of those who append may differ: an event may have been recorded so much earlier than one before it. A document is kept for so
 * long after it has expired, and is then removed.
 */
const CLOCKS_DIFFER_MAX_MS = 60 * 60_000;

/** Whether there is no such document any more for an event: it had expired when the event was recorded. */
export const isExpiredFor = ({ recordedAt }: Pick<RecordedEvent, 'recordedAt'>, document: ProjectionDocument, expiry: Expiry): boolean =>
  isExpiredAt(Date.parse(recordedAt), document, expiry);

/** Of documents that expire until then, no event after this one sees anything. In milliseconds since the epoch. */
export const removableAfter = ({ recordedAt }: Pick<RecordedEvent, 'recordedAt'>): number => Date.parse(recordedAt) - CLOCKS_DIFFER_MAX_MS;

/** Null and undefined: never. */
export const isExpiredAt = (timeMs: number, document: ProjectionDocument, expiry: Expiry): boolean => (expiry(document) ?? Infinity) <= timeMs;
