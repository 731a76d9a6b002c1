// Parked events as stored: JSON, found by position and key.
import { position, revision, type EventId, type Position, type StreamName } from '@mainstem/event-store';
import type { ParkedEvent } from '@mainstem/projection/adapter';

const ERROR_LENGTH_MAX = 2_000;
/** The length of the largest 64-bit number, and one more: the scripts cut it off by length. */
const POSITION_DIGITS = 20;

export interface ParkedQuery {
  readonly key?: string;
  readonly after?: Position;
  readonly limit: number;
}

/** A position as text that sorts like the number. */
export const orderedPosition = (place: Position): string => place.toString().padStart(POSITION_DIGITS, '0');

export const encodeParked = (event: ParkedEvent): string =>
  JSON.stringify({
    ...event,
    position: event.position.toString(),
    revision: event.revision.toString(),
    error: event.error.slice(0, ERROR_LENGTH_MAX),
  });

export const decodeParked = (text: string): ParkedEvent => {
  const stored = JSON.parse(text) as StoredParkedEvent;
  return { ...stored, position: position(stored.position), revision: revision(stored.revision) };
};

interface StoredParkedEvent {
  readonly key: string;
  readonly position: string;
  readonly eventId: EventId;
  readonly type: string;
  readonly stream: StreamName;
  readonly revision: string;
  readonly error: string;
  readonly parkedAt: string;
}
