// An append to several streams, as this server takes it beside EventStoreDB's protocol.
import { status } from '@grpc/grpc-js';
import { RequestInvalid, StreamTombstoned } from '../errors.js';
import type { Append, AppendAllOutcome } from '../log/log-transaction.js';
import type { ProposedEvent } from '../semantics/log-event.js';
import { wrongVersion, type WriteSent } from './batch-append.js';
import { packed } from './definitions.js';
import type { ShareMessage } from './messages.js';
import { expectedOf, streamOf } from './wire.js';

/** Writes to all streams or to none. Errors: EVENT_STORE_SERVER_REQUEST_INVALID, and those of the log. */
export const writeToAll: WriteSent = async ({ shares, events }, log) => {
  const appends = appendsOf(shares, events);
  return answerOf(await log.appendAll(appends), appends);
};

const appendsOf = (shares: readonly ShareMessage[], events: readonly ProposedEvent[]): readonly Append[] => {
  const streams = new Set<string>();
  let taken = 0;
  const appends = shares.map(({ options = {}, count = 0 }): Append => {
    const append = { stream: streamOf(options.stream_identifier), expected: expectedOf(options), events: events.slice(taken, (taken += count)) };
    if (append.expected === 'any' || append.expected === 'stream-exists') throw new RequestInvalid('Each stream of an append needs a revision.');
    if (append.stream.startsWith('$')) throw new RequestInvalid(`Stream ${append.stream} is appended to alone.`);
    if (streams.has(append.stream)) throw new RequestInvalid(`Stream ${append.stream} occurs twice in one append.`);
    streams.add(append.stream);
    return append;
  });
  if (events.length === 0) throw new RequestInvalid('An append has at least one event.');
  if (taken !== events.length) throw new RequestInvalid(`The shares count ${taken} events, and ${events.length} were sent.`);
  return appends;
};

const answerOf = (outcome: AppendAllOutcome, appends: readonly Append[]): object => {
  if (outcome.kind === 'written') {
    return { success: { places: outcome.places.map(({ revision, position }) => ({ revision: String(revision), position: String(position) })) } };
  }
  if (outcome.kind === 'partly-known') {
    const { known, unknown } = outcome;
    const details = packed('mainstem.event_store.AppendPartlyKnown', { known, unknown });
    return { error: { code: status.ALREADY_EXISTS, message: 'AppendPartlyKnown', details } };
  }
  const { share, outcome: refusal } = outcome;
  const { stream, expected } = appends[share] ?? { stream: '', expected: 'no-stream' as const };
  if (refusal.kind === 'stream-deleted') throw new StreamTombstoned(stream);
  return { refused_share: share, error: wrongVersion(refusal.kind === 'wrong-version' ? refusal.current : -1, expected) };
};
