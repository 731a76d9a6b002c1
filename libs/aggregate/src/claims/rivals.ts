// Streams of other categories that would have the id of an aggregate which is about to begin.
import { streamOf, streamPrefixOf, type DomainEvent, type StreamName } from '@mainstem/event-store';
import type { Aggregate } from '../aggregate/aggregate.js';
import { UniqueValueTaken, type CommandRefused } from '../errors.js';

export interface Rivals {
  readonly id: string;
  readonly streams: readonly StreamName[];
  refusal(holder: StreamName): CommandRefused;
}

/** Undefined where no other category can have the id. Errors: those of the rule, EVENT_STORE_INVALID_INPUT. */
export const rivalsOf = (
  { category, uniqueId }: Pick<Aggregate<unknown, never, DomainEvent>, 'category' | 'uniqueId'>,
  stream: StreamName,
): Rivals | undefined => {
  if (!uniqueId) return undefined;
  const id = stream.slice(streamPrefixOf(category).length);
  const streams = uniqueId.among(id).map((rival) => streamOf(rival, id));
  if (streams.length === 0) return undefined;
  return { id, streams, refusal: (holder) => uniqueId.refusal?.(id, holder) ?? new UniqueValueTaken('id', id) };
};
