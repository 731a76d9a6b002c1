// From a command and a state to events as they will be stored, and to the state that their replay gives.
import {
  eventIdOf,
  isMainstemError,
  isTraceparent,
  PreparedEvent,
  type DomainEvent,
  type EventMetadata,
  type InvalidInput,
  type JsonValue,
  type NewEvent,
  type Runtime,
  type StreamName,
} from '@mainstem/event-store';
import type { Aggregate } from '../aggregate/aggregate.js';
import type { Circumstances } from '../aggregate/circumstances.js';
import { EventNotFoldable, EventNotStorable, InvalidAggregate } from '../errors.js';
import type { CommandContext, CommandMetadata } from './command-context.js';
import type { CommandObservation } from './command-observer.js';
import { isAsynchronous } from '../aggregate/asynchronous.js';
import { isolate } from '../aggregate/isolation.js';
import { timeAt, utcTime } from './occurred-at.js';

/** One command of a call, with its data. */
export interface GivenCommand<Command> {
  readonly command: Command;
  readonly context: CommandContext;
  readonly metadata: CommandMetadata;
  readonly observed: CommandObservation | undefined;
}

/** The result of a command in a state. */
export interface Decision<State> {
  readonly newEvents: readonly PreparedEvent[];
  readonly state: State;
  /** The size of the payloads in UTF-16 units. */
  readonly size: number;
  /** False: the state holds something changeable, and must not be used for another decision. */
  readonly isIsolated: boolean;
}

/**
 * Decides, validates, encodes and folds: it folds only what a replay would fold, and stores nothing that cannot be
 * folded. Errors: those of `decide`, EVENT_STORE_INVALID_EVENT, EVENT_STORE_INVALID_INPUT, COMMAND_INVALID,
 * AGGREGATE_EVENT_NOT_FOLDABLE, AGGREGATE_EVENT_NOT_STORABLE.
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
  if (isAsynchronous(events) || !Array.isArray(events))
    throw new InvalidAggregate(aggregate.category, 'decide must return a list of events, and must not be asynchronous');
  const decided = new DecidedEvents(aggregate, stream, given, circumstances, before);
  for (let index = 0; index < events.length; index++) decided.add(events[index] as Event, index);
  const { newEvents, size, state } = decided;
  // Only `evolve` sees the states in between, as in a replay.
  const isIsolated = newEvents.length === 0 || isolated(stream, newEvents, state);
  if (isAsynchronous(state)) throw new InvalidAggregate(aggregate.category, 'evolve must return a state, and must not be asynchronous');
  return { newEvents, state, size, isIsolated };
};

/**
 * The events of one decision, on their way into the store. Lists of applications are of several kinds to the engine,
 * which compiles the code for each kind anew. So most of the work is here, outside of that loop.
 */
class DecidedEvents<State, Command, Event extends DomainEvent> {
  readonly newEvents: PreparedEvent[] = [];
  size = 0;
  readonly #identity: string;
  readonly #metadata: DecisionMetadata;

  constructor(
    private readonly aggregate: Aggregate<State, Command, Event>,
    private readonly stream: StreamName,
    given: GivenCommand<Command>,
    circumstances: RecordedCircumstances,
    public state: State,
  ) {
    this.#identity = identityOf(given.context, circumstances);
    this.#metadata = new DecisionMetadata(aggregate, given, circumstances);
  }

  add(decided: Event, index: number): void {
    const { aggregate, stream } = this;
    if (decided === null || typeof decided !== 'object')
      throw new InvalidAggregate(aggregate.category, `decide must return events, got ${String(decided)} in its list`);
    const { type, data } = decided;
    assertNothingIsLost(stream, decided);
    aggregate.events.validate({ type, data });
    this.#metadata.moveTo(type, index);
    const { value: metadata, json } = this.#metadata;
    const event = preparedOf(stream, { id: eventIdOf(this.#identity, stream, index), type, data, metadata }, json);
    this.newEvents.push(event);
    this.size += event.dataJson.length;
    this.state = evolved(aggregate, stream, this.state, { type, data: event.data } as unknown as Event);
  }
}

/**
 * Metadata comes with the command, and times with its context: in an event they would be lost. Errors:
 * AGGREGATE_EVENT_NOT_STORABLE.
 */
const assertNothingIsLost = (stream: StreamName, event: DomainEvent): void => {
  for (const member of Object.keys(event)) {
    if (member === 'type' || member === 'data' || (event as unknown as Record<string, unknown>)[member] === undefined) continue;
    const problem = `the member ${member} would be lost, since an event that is decided has type and data alone; put it into data, or into the metadata of the command's context`;
    throw new EventNotStorable(stream, event.type, problem);
  }
};

/**
 * An impossible input from a client is the program's mistake. Errors: those of `PreparedEvent.ofDecision`,
 * AGGREGATE_EVENT_NOT_STORABLE.
 */
const preparedOf = (stream: StreamName, event: NewEvent, metadataJson: string): PreparedEvent => {
  try {
    return PreparedEvent.ofDecision(event, metadataJson);
  } catch (error) {
    if (!isMainstemError(error, 'EVENT_STORE_INVALID_INPUT') || !(error as InvalidInput).isOfProgram) throw error;
    throw new EventNotStorable(stream, event.type, error.message, error);
  }
};

/**
 * The seed of the event ids. Another process with the same id at the same moment makes the same ids only if it has the
 * same input and decision. Otherwise the store would take its events for these, and it would report and keep what is
 * not stored.
 */
const identityOf = ({ commandId, fingerprint }: CommandContext, { decidedAt }: RecordedCircumstances): string =>
  fingerprint === undefined && decidedAt === undefined ? commandId : `${commandId}\n${fingerprint ?? ''}\n${decidedAt ?? ''}`;

/** Errors: AGGREGATE_EVENT_NOT_FOLDABLE. */
const evolved = <State, Event extends DomainEvent>(
  aggregate: Pick<Aggregate<State, never, Event>, 'evolve'>,
  stream: StreamName,
  state: State,
  event: Event,
): State => {
  try {
    return aggregate.evolve(state, event);
  } catch (error) {
    throw new EventNotFoldable(stream, event.type, error);
  }
};

/** Errors: AGGREGATE_EVENT_NOT_FOLDABLE for a state that cannot even be looked at. */
const isolated = (stream: StreamName, newEvents: readonly PreparedEvent[], state: unknown): boolean => {
  try {
    return isolate(state);
  } catch (error) {
    throw new EventNotFoldable(stream, newEvents.at(-1)?.type ?? '', error);
  }
};

/** The clock is recorded if it was read: then the events suffice to repeat the decision. */
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

/** The metadata of a decision's events, one after the other; encoded once while it stays the same. */
class DecisionMetadata {
  value: EventMetadata = {};
  json = '';
  #schemaVersion: number | undefined;
  #occurredAt: string | undefined;

  constructor(
    private readonly aggregate: Pick<Aggregate<unknown, never, DomainEvent>, 'events'>,
    private readonly given: GivenCommand<unknown>,
    private readonly circumstances: RecordedCircumstances,
  ) {}

  moveTo(type: string, index: number): void {
    const { context } = this.given;
    const schemaVersion = this.aggregate.events.schemaVersion(type);
    const occurredAt = timeAt(context.occurredAt, index);
    const isSame = schemaVersion === this.#schemaVersion && occurredAt === this.#occurredAt;
    // Only the first event has the fingerprint.
    if (isSame && (index > 1 || context.fingerprint === undefined)) return;
    this.#schemaVersion = schemaVersion;
    this.#occurredAt = occurredAt;
    this.value = Object.freeze(this.#made(schemaVersion, occurredAt, index));
    this.json = JSON.stringify(this.value);
  }

  #made(schemaVersion: number, occurredAt: string | undefined, index: number): EventMetadata {
    const { context, metadata, observed } = this.given;
    const { commandId, correlationId = commandId, causationId = commandId, fingerprint } = context;
    const made: Record<string, JsonValue | undefined> = { ...metadata, commandId, correlationId, causationId };
    if (schemaVersion > 1) made['schemaVersion'] = schemaVersion;
    if (occurredAt !== undefined) made['occurredAt'] = utcTime(occurredAt);
    const { decidedAt } = this.circumstances;
    if (decidedAt !== undefined) made['decidedAt'] = decidedAt;
    if (fingerprint !== undefined && index === 0) made['fingerprint'] = fingerprint;
    const traceparent = observed?.traceparent;
    if (isTraceparent(traceparent)) made['traceparent'] = traceparent;
    return made;
  }
}
