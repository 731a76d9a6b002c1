// Metadata of a stream: what is shown, and whether it is deleted. JSON in the last event of its metadata stream.
import { INT64_MAX } from './expected-version.js';

export const METADATA_TYPE = '$metadata';
const METASTREAM_PREFIX = '$$';

export interface StreamMetadata {
  /** Only this many of the last events are shown. */
  readonly countMax: number | undefined;
  /** Only events younger than this are shown, seconds. */
  readonly ageMaxSeconds: number | undefined;
  /** Events below this revision are not shown. */
  readonly truncateBefore: number | undefined;
  /** Soft-deleted: nothing is shown until the next append. */
  readonly isDeleted: boolean;
}

export const NO_METADATA: StreamMetadata = { countMax: undefined, ageMaxSeconds: undefined, truncateBefore: undefined, isDeleted: false };
/** For metadata streams themselves: only the latest event counts. */
export const METASTREAM_METADATA: StreamMetadata = { ...NO_METADATA, countMax: 1 };

export const isMetastream = (stream: string): boolean => stream.startsWith(METASTREAM_PREFIX);
export const metastreamOf = (stream: string): string => METASTREAM_PREFIX + stream;
/** The stream that a metadata stream describes. */
export const originalOf = (metastream: string): string => metastream.slice(METASTREAM_PREFIX.length);

/** The content of a soft delete: it replaces all metadata. JavaScript cannot hold the number exactly, so it is text. */
export const DELETED_METADATA = `{"$tb":${INT64_MAX}}`;

/** Reads stored metadata. Unreadable parts have no effect, as in EventStoreDB. */
export const parseMetadata = (json: string): StreamMetadata => {
  const { $maxCount, $maxAge, $tb } = objectOf(json);
  // JSON.parse has rounded 2^63 − 1 up.
  const isDeleted = typeof $tb === 'number' && $tb >= Number(INT64_MAX);
  return {
    countMax: positive($maxCount),
    ageMaxSeconds: positive($maxAge),
    truncateBefore: isDeleted ? undefined : positive($tb),
    isDeleted,
  };
};

/** The metadata of a stream that is written again after a soft delete: unchanged, but shown from this revision on. */
export const undeletedMetadata = (json: string, from: number): string => JSON.stringify({ ...objectOf(json), $tb: from });

const objectOf = (json: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(json);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    // Clients may write anything there; unreadable metadata limits nothing.
    return {};
  }
};

const positive = (value: unknown): number | undefined => (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined);
