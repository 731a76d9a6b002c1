// Streams of other categories that would have the id of an aggregate which is about to begin.
import { streamOf, streamPrefixOf, type DomainEvent, type StreamName } from '@mainstem/event-store';
import type { Aggregate } from '../aggregate/aggregate.js';
import { isAsynchronous } from '../aggregate/asynchronous.js';
import { InvalidAggregate, UniqueValueTaken } from '../errors.js';

export interface Rivals {
  readonly id: string;
  readonly streams: readonly StreamName[];
  refusal(holder: StreamName): Error;
}

/**
 * Undefined where no other category can have the id. Errors: AGGREGATE_INVALID_DEFINITION, those of the rule,
 * EVENT_STORE_INVALID_INPUT.
 */
export const rivalsOf = (
  { category, uniqueId }: Pick<Aggregate<unknown, never, DomainEvent>, 'category' | 'uniqueId'>,
  stream: StreamName,
): Rivals | undefined => {
  if (!uniqueId) return undefined;
  const id = stream.slice(streamPrefixOf(category).length);
  const among: unknown = uniqueId.among(id);
  if (isAsynchronous(among) || !Array.isArray(among) || !among.every((rival): rival is string => typeof rival === 'string'))
    throw new InvalidAggregate(category, 'among of its uniqueId must give a list of categories');
  const streams = [...new Set(among)].filter((rival) => rival !== category).map((rival) => streamOf(rival, id));
  if (streams.length === 0) return undefined;
  const refusal = (holder: StreamName): Error => {
    const own: unknown = uniqueId.refusal?.(id, holder);
    return !isAsynchronous(own) && own instanceof Error ? own : new UniqueValueTaken('id', id);
  };
  return { id, streams, refusal };
};
