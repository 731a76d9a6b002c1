// The append of a batch: by itself, or together with the claims on its unique values.
import type { AppendOptions, AppendResult, EventWriter, Revision, StreamName } from '@mainstem/event-store';
import type { UniqueClaims } from '../claims/unique-claims.js';
import type { Batch } from './stream-calls.js';

/** Others were faster, perhaps with the same command. */
export const CONFLICT_CODES = ['EVENT_STORE_WRONG_EXPECTED_REVISION', 'EVENT_STORE_APPEND_PARTLY_KNOWN'] as const;

/** Errors of an append of which one call may be the cause, and the others not. */
export const CULPRIT_CODES = ['EVENT_STORE_INVALID_INPUT', 'EVENT_STORE_EVENT_TOO_LARGE'] as const;

export interface BatchAppender {
  readonly store: Pick<EventWriter, 'append'>;
  readonly claims: UniqueClaims;
}

/** Appends the batch's events, and then lets later calls go on. Errors: those of the store, and refusals of claims. */
export const appendBatch = (
  { store, claims }: BatchAppender,
  batch: Batch,
  { stream, expected }: { readonly stream: StreamName; readonly expected: Revision | 'no-stream' },
  signal: AbortSignal | undefined,
): Promise<AppendResult> => {
  const { newEvents: events, changes } = batch;
  const release = (): void => {
    for (let index = 0; index < batch.joined.length; index++) batch.joined[index]?.call.turn?.release();
  };
  const options: AppendOptions = signal ? { expectedRevision: expected, signal } : { expectedRevision: expected };
  const answer = changes ? claims.append({ stream, events, expected, changes }, signal) : store.append(stream, events, options);
  // Where claims are read or written before it, what follows has to wait, or it would be appended first.
  const isCalled = !changes || (claims.isAtomic && changes.releases.length === 0);
  if (isCalled) release();
  else void answer.catch(() => undefined).then(release);
  return answer;
};
