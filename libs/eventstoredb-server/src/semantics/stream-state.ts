// The state of one stream at one moment.
import { NO_METADATA, type StreamMetadata } from './stream-metadata.js';

/** The stored revision of a tombstone: JavaScript's largest exact whole number. On the wire it is 2^63 − 1. */
export const TOMBSTONE_REVISION = Number.MAX_SAFE_INTEGER;
export const TOMBSTONE_TYPE = '$streamDeleted';

export interface StreamState {
  /** Revision of the last event, −1 for a stream that was never written; the tombstone does not count. */
  readonly last: number;
  readonly isTombstoned: boolean;
  /** True if the stream's metadata stream has events. */
  readonly hasMetadata: boolean;
  readonly metadata: StreamMetadata;
}

export const UNWRITTEN: StreamState = { last: -1, isTombstoned: false, hasMetadata: false, metadata: NO_METADATA };

/** Deleted, but its revisions go on: an append brings it back. */
export const isSoftDeleted = ({ metadata }: StreamState): boolean => metadata.isDeleted;

/** True if a reader finds the stream. A tombstone is different: it is an error. */
export const isFound = (state: StreamState): boolean => state.last >= 0 && !isSoftDeleted(state);
