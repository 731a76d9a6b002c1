// What is known about one stream at one moment.
import { NO_METADATA, type StreamMetadata } from './stream-metadata.js';

/** The revision that a tombstone is stored at: the largest whole number that JavaScript holds exactly. On the wire it is 2^63 − 1. */
export const TOMBSTONE_REVISION = Number.MAX_SAFE_INTEGER;
export const TOMBSTONE_TYPE = '$streamDeleted';

export interface StreamState {
  /** Revision of the last event, −1 for a stream that was never written; the tombstone does not count. */
  readonly last: number;
  readonly isTombstoned: boolean;
  /** Whether the stream's metadata stream has events. */
  readonly hasMetadata: boolean;
  readonly metadata: StreamMetadata;
}

export const UNWRITTEN: StreamState = { last: -1, isTombstoned: false, hasMetadata: false, metadata: NO_METADATA };

/** Deleted, but for its number: an append brings it back. */
export const isSoftDeleted = ({ metadata }: StreamState): boolean => metadata.isDeleted;

/** Whether a reader finds the stream at all. A tombstone is another matter: it is an error. */
export const isFound = (state: StreamState): boolean => state.last >= 0 && !isSoftDeleted(state);
