// The form in which a reader gets an event that a test has written.
import { streamName, type EventId, type EventMetadata, type Position, type RecordedEvent, type Revision } from '@mainstem/event-store';

export interface WrittenEvent {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata?: EventMetadata;
}

/** `index`: from 0, the place in the scenario. Id and position follow from it, and the revision unless it is given. */
export const recordedEvent = (
  { stream, type, data, metadata = {} }: WrittenEvent,
  { index, revision = index, recordedAt }: { readonly index: number; readonly revision?: number; readonly recordedAt: string },
): RecordedEvent => ({
  id: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}` as EventId,
  stream: streamName(stream),
  type,
  data,
  metadata,
  revision: BigInt(revision) as Revision,
  position: BigInt(index + 1) as Position,
  recordedAt,
});
