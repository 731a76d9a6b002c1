// The streams of links of EventStoreDB's standard projections: by category, type, all streams, a category's streams.
import { LINK_TYPE, type LogEvent } from './log-event.js';
import { INT64_MAX } from './expected-version.js';
import { isMetastream, METADATA_TYPE, originalOf, parseMetadata } from './stream-metadata.js';
import { TOMBSTONE_REVISION } from './stream-state.js';

const STREAMS = '$streams';
const OF_CATEGORY = '$ce-';
const OF_TYPE = '$et-';
const STREAMS_OF_CATEGORY = '$category-';
/** Names a stream; it is never followed. */
const STREAM_REFERENCE_TYPE = '$@';

/** True for a stream that holds only links and is kept by the server. */
export const isLinkStream = (stream: string): boolean =>
  stream === STREAMS || [OF_CATEGORY, OF_TYPE, STREAMS_OF_CATEGORY].some((prefix) => stream.startsWith(prefix));

/** The streams that hold a link to this event. Metadata counts for a category only if it deletes the stream. */
export const linkStreamsOf = (event: LogEvent): readonly string[] => {
  const { stream, revision, type } = event;
  const names = type === LINK_TYPE ? [] : [OF_TYPE + type];
  const category = categoryOf(isMetastream(stream) ? originalOf(stream) : stream);
  if (category !== undefined && (!isMetastream(stream) || isDeletion(event))) names.push(OF_CATEGORY + category);
  if (revision !== 0) return names;
  names.push(STREAMS);
  if (category !== undefined && !isMetastream(stream)) names.push(STREAMS_OF_CATEGORY + category);
  return names;
};

/** The content of a link to the event. A link to a link points at the same target. */
export const linkTo = (linkStream: string, { stream, revision, type, data }: LogEvent): { readonly type: string; readonly data: Buffer } => {
  if (linkStream.startsWith(STREAMS_OF_CATEGORY)) return { type: STREAM_REFERENCE_TYPE, data: Buffer.from(stream) };
  if (type === LINK_TYPE) return { type: LINK_TYPE, data };
  return { type: LINK_TYPE, data: Buffer.from(`${revision === TOMBSTONE_REVISION ? INT64_MAX : revision}@${stream}`) };
};

/** The part before the first dash; the server's own streams have none. */
const categoryOf = (stream: string): string | undefined => {
  const at = stream.indexOf('-');
  return at > 0 && !stream.startsWith('$') ? stream.slice(0, at) : undefined;
};

const isDeletion = ({ type, data }: LogEvent): boolean => type === METADATA_TYPE && parseMetadata(data.toString()).isDeleted;
