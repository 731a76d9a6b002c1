// What a write means for a stream: pure functions, the same for appends and deletes.
import { isSoftDeleted, type StreamState } from './stream-state.js';
import type { ExpectedVersion } from './expected-version.js';

/** Looks up ids; each look-up may read the disk. */
export interface IdLookup {
  /** Id of the event at this revision of the stream. */
  idAt(revision: number): string | undefined;
  /** Revision at which the stream holds the id, if it is remembered: recent writes only. */
  recentRevisionOf(id: string): number | undefined;
}

export type WriteRuling =
  | { readonly kind: 'append' }
  /** The events are already there: a retry. `last` is the revision of the last one. */
  | { readonly kind: 'repeat'; readonly last: number }
  | { readonly kind: 'wrong-version' }
  | { readonly kind: 'stream-deleted' };

const APPEND: WriteRuling = { kind: 'append' };
const WRONG_VERSION: WriteRuling = { kind: 'wrong-version' };
const STREAM_DELETED: WriteRuling = { kind: 'stream-deleted' };

/**
 * EventStoreDB's rules (IndexWriter.CheckCommit). The expected version comes first. Ids recognise a retry: in the
 * stream itself if the expected version is a revision, else among recent writes.
 */
export const ruleOnWrite = (expected: ExpectedVersion, ids: readonly string[], state: StreamState, lookup: IdLookup): WriteRuling => {
  if (state.isTombstoned) return STREAM_DELETED;
  if (expected === 'stream-exists') {
    if (isSoftDeleted(state)) return STREAM_DELETED;
    if (state.last < 0 && !state.hasMetadata) return WRONG_VERSION;
  }
  if (expected === 'any' || expected === 'stream-exists') return ruleByRecentIds(ids, lookup);
  const version = expected === 'no-stream' ? -1n : expected;
  if (version < state.last) return ruleOnOldVersion(Number(version), ids, state, lookup);
  return version > state.last ? WRONG_VERSION : APPEND;
};

const ruleByRecentIds = (ids: readonly string[], lookup: IdLookup): WriteRuling => {
  let last: number | undefined;
  for (const [index, id] of ids.entries()) {
    const revision = lookup.recentRevisionOf(id);
    if (revision === undefined) return index === 0 ? APPEND : WRONG_VERSION;
    last = revision;
  }
  return last === undefined ? APPEND : { kind: 'repeat', last };
};

const ruleOnOldVersion = (version: number, ids: readonly string[], state: StreamState, lookup: IdLookup): WriteRuling => {
  for (const [index, id] of ids.entries()) {
    const revision = version + 1 + index;
    if (revision <= state.last && lookup.idAt(revision) === id) continue;
    return index === 0 && version === -1 && isSoftDeleted(state) ? APPEND : WRONG_VERSION;
  }
  return ids.length === 0 ? WRONG_VERSION : { kind: 'repeat', last: version + ids.length };
};
