// From a command and a state to events as they will be stored, and to the state that a replay of them gives.
import {
  eventIdOf,
  isTraceparent,
  PreparedEvent,
  type DomainEvent,
  type EventMetadata,
  type JsonValue,
  type Runtime,
  type StreamName,
} from '@mainstem/event-store';
import type { Aggregate, Circumstances } from '../aggregate/aggregate.js';
import { EventNotFoldable, InvalidAggregate } from '../errors.js';
import type { CommandContext, CommandMetadata } from './command-context.js';
import type { CommandObservation } from './command-observer.js';
import { isolate } from '../aggregate/isolation.js';
import { utcTime } from './occurred-at.js';

/** One command of a call, with all that goes with it. */
export interface GivenCommand<Command> {
  readonly command: Command;
  readonly context: CommandContext;
  readonly metadata: CommandMetadata;
  readonly observed: CommandObservation | undefined;
}

/** What a command leads to in a state. */
export interface Decision<State> {
  readonly newEvents: readonly PreparedEvent[];
  readonly state: State;
  /** UTF-16 units of the payloads. */
  readonly size: number;
}

/**
 * Decides, validates, encodes and folds: nothing is folded but what a replay would fold, and nothing is stored that cannot be folded.
 * Errors: those of `decide`, EVENT_STORE_INVALID_EVENT, EVENT_STORE_INVALID_INPUT, COMMAND_INVALID, AGGREGATE_EVENT_NOT_FOLDABLE.
 */
export const decisionOf = <State, Command, Event extends DomainEvent>(
  aggregate: Aggregate<State, Command, Event>,
  stream: StreamName,
  given: GivenCommand<Command>,
  before: State,
  runtime: Runtime,
): Decision<State> => {
  const circumstances = new RecordedCircumstances(runtime, given.metadata);
  const events = aggregate.decide(given.command, before, circumstances);
  if (!Array.isArray(events)) throw new InvalidAggregate(aggregate.category, 'decide must return a list of events, and must not be asynchronous');
  const identity = identityOf(given.context, circumstances);
  const newEvents: PreparedEvent[] = [];
  let state = before;
  let size = 0;
  for (const decided of events as readonly Event[]) {
    if (decided === null || typeof decided !== 'object')
      throw new InvalidAggregate(aggregate.category, `decide must return events, got ${String(decided)} in its list`);
    const { type, data } = decided;
    const index = newEvents.length;
    aggregate.events.validate({ type, data });
    const metadata = metadataOf(aggregate, type, index, given, circumstances);
    const event = PreparedEvent.of({ id: eventIdOf(identity, stream, index), type, data, metadata });
    newEvents.push(event);
    size += event.dataJson.length;
    state = folded(aggregate, stream, state, type, event.data);
  }
  return { newEvents, state, size };
};

/**
 * What the ids of the events are made from. Another process that is given the same id at the same moment makes the same ids only if it was given, and
 * decides, the same: else the store would take its events for these, and it would tell, and keep, what is not stored.
 */
const identityOf = ({ commandId, fingerprint }: CommandContext, { decidedAt }: RecordedCircumstances): string =>
  fingerprint === undefined && decidedAt === undefined ? commandId : `${commandId}\n${fingerprint ?? ''}\n${decidedAt ?? ''}`;

/** One event more. Errors: AGGREGATE_EVENT_NOT_FOLDABLE. */
const folded = <State, Event extends DomainEvent>(
  aggregate: Pick<Aggregate<State, never, Event>, 'evolve'>,
  stream: StreamName,
  state: State,
  type: string,
  data: unknown,
): State => {
  try {
    const next = aggregate.evolve(state, { type, data } as unknown as Event);
    isolate(next);
    return next;
  } catch (error) {
    throw new EventNotFoldable(stream, type, error);
  }
};

/** Its clock is recorded if it was looked at: with the events, the decision can be made again. */
class RecordedCircumstances implements Circumstances {
  decidedAt: string | undefined;

  constructor(
    private readonly runtime: Runtime,
    readonly metadata: CommandMetadata,
  ) {}

  get now(): string {
    return (this.decidedAt ??= new Date(this.runtime.now()).toISOString());
  }
}

const metadataOf = (
  aggregate: Pick<Aggregate<unknown, never, DomainEvent>, 'events'>,
  type: string,
  index: number,
  { context, metadata, observed }: GivenCommand<unknown>,
  { decidedAt }: RecordedCircumstances,
): EventMetadata => {
  const { commandId, correlationId = commandId, causationId = commandId, fingerprint } = context;
  const made: Record<string, JsonValue | undefined> = { ...metadata, commandId, correlationId, causationId };
  const schemaVersion = aggregate.events.schemaVersion(type);
  if (schemaVersion > 1) made['schemaVersion'] = schemaVersion;
  const occurredAt = typeof context.occurredAt === 'function' ? context.occurredAt(index) : context.occurredAt;
  if (occurredAt !== undefined) made['occurredAt'] = utcTime(occurredAt);
  if (decidedAt !== undefined) made['decidedAt'] = decidedAt;
  if (fingerprint !== undefined && index === 0) made['fingerprint'] = fingerprint;
  const traceparent = observed?.traceparent;
  if (isTraceparent(traceparent)) made['traceparent'] = traceparent;
  return made;
};
