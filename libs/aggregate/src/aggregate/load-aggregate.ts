// Loads one aggregate for people: its events, and the folded state.
import {
  freezeJson,
  streamOf,
  type DomainEvent,
  type EventReader,
  type Position,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '@mainstem/event-store';
import { isolate } from './isolation.js';
import type { Aggregate } from './aggregate.js';

export interface LoadedAggregate<State> {
  readonly stream: StreamName;
  readonly state: State;
  /** Of the stream's last event; undefined for a stream without events. */
  readonly revision: Revision | undefined;
  readonly position: Position | undefined;
}

export interface LoadOptions {
  /** Called with each batch, in order, in the current schema; awaited, so that a slow reader costs no memory. */
  readonly onEvents?: (events: readonly RecordedEvent[]) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Folds one stream batch by batch, in constant memory. Errors: EVENT_STORE_INVALID_INPUT,
 * EVENT_STORE_UNDECODABLE_EVENT, EVENT_STORE_ABORTED, and those of the reader.
 */
export const loadAggregate = async <State, Event extends DomainEvent>(
  reader: Pick<EventReader, 'readStream'>,
  aggregate: Pick<Aggregate<State, never, Event>, 'category' | 'events' | 'initialState' | 'evolve'>,
  id: string,
  options: LoadOptions = {},
): Promise<LoadedAggregate<State>> => {
  const stream = streamOf(aggregate.category, id);
  isolate(aggregate.initialState);
  let loaded: LoadedAggregate<State> = { stream, state: aggregate.initialState, revision: undefined, position: undefined };
  for await (const batch of reader.readStream(stream, options.signal && { signal: options.signal })) {
    const events = batch.map((event) => aggregate.events.decode(event));
    let { state, revision, position } = loaded;
    for (const event of events) {
      state = aggregate.evolve(state, { type: event.type, data: freezeJson(event.data) } as unknown as Event);
      ({ revision, position } = event);
    }
    loaded = { stream, state, revision, position };
    await options.onEvents?.(events);
  }
  return loaded;
};
