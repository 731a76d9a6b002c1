// The append of a batch: by itself, or together with what its unique values and its unique id need.
import type { AppendOptions, AppendResult, EventWriter, Revision, StreamName } from '@mainstem/event-store';
import { NO_CHANGES } from '../claims/held-claims.js';
import { rivalsOf } from '../claims/rivals.js';
import type { UniqueClaims } from '../claims/unique-claims.js';
import type { AppendKinds } from './append-kinds.js';
import type { Batch } from './stream-calls.js';

/** Others were faster, perhaps with the same command. */
export const CONFLICT_CODES = ['EVENT_STORE_WRONG_EXPECTED_REVISION', 'EVENT_STORE_APPEND_PARTLY_KNOWN'] as const;

/** Errors of an append of which one call may be the cause, and the others not. */
export const CULPRIT_CODES = ['EVENT_STORE_INVALID_INPUT', 'EVENT_STORE_EVENT_TOO_LARGE'] as const;

export interface BatchAppender {
  readonly store: Pick<EventWriter, 'append'>;
  readonly claims: UniqueClaims;
  readonly kinds: AppendKinds;
}

interface Place {
  readonly stream: StreamName;
  readonly expected: Revision | 'no-stream';
}

/** Appends the batch's events, and then lets later calls go on. Errors: those of the store, and refusals of claims. */
export const appendBatch = (
  { store, claims, kinds }: BatchAppender,
  batch: Batch,
  { stream, expected }: Place,
  signal: AbortSignal | undefined,
): Promise<AppendResult> => {
  const { newEvents: events, changes, calls } = batch;
  const rivals = expected === 'no-stream' && calls[0] ? rivalsOf(calls[0].aggregate, stream) : undefined;
  const isPlain = !changes && !rivals;
  const options: AppendOptions = signal ? { expectedRevision: expected, signal } : { expectedRevision: expected };
  const append = (): Promise<AppendResult> =>
    isPlain ? store.append(stream, events, options) : claims.append({ stream, events, expected, changes: changes ?? NO_CHANGES, rivals }, signal);
  if (!calls.some(({ turn }) => turn)) return append();
  const inTurn = (): Promise<AppendResult> => {
    const answer = append();
    const release = (): void => {
      for (const { turn } of calls) turn?.release();
    };
    // Where claims are read or written before it, what follows has to wait, or it would be appended first.
    if (isPlain || (claims.isAtomic && (changes ?? NO_CHANGES).releases.length === 0)) release();
    else void answer.catch(() => undefined).then(release);
    kinds.begun(kind, answer);
    return answer;
  };
  const kind = isPlain ? 'append' : 'appendAll';
  const others = kinds.others(kind);
  return others ? others.then(inTurn) : inTurn();
};
