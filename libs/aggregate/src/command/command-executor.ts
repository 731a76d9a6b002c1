// Executes commands on aggregates: load, fold, decide, validate, append.
import {
  isMainstemError,
  streamOf,
  systemRuntime,
  throwIfAborted,
  type DomainEvent,
  type EventReader,
  type EventWriter,
  type NewEvent,
  type RecordedEvent,
  type Revision,
  type Runtime,
  type StreamName,
} from '@mainstem/event-store';
import { fold, type Aggregate } from '../aggregate/aggregate.js';
import { AggregateConflictUnresolved, isCommandRefused } from '../errors.js';
import { assertContext, newCommandContext, type CommandContext } from './command-context.js';
import type { CommandObservation, CommandObserver, CommandOutcome } from './command-observer.js';
import type { CommandEffect, CommandResult } from './command-result.js';
import { FoldedStreamCache, type CommandPlace, type FoldedStream, type FoldedStreamCacheLimits } from './folded-stream-cache.js';
import { newEventsOf } from './new-events.js';
import { StreamLanes } from './stream-lanes.js';
import { validateCommand } from './validate-command.js';

export interface CommandExecutorOptions {
  readonly store: Pick<EventReader, 'readStream'> & EventWriter;
  readonly runtime?: Runtime;
  readonly cache?: Partial<FoldedStreamCacheLimits>;
  /** Most times a command is decided when others keep changing its stream. Default 10. */
  readonly attemptsMax?: number;
  /** Upper bound of the first random delay between two attempts; doubled each time. Default 5 ms. */
  readonly retryDelayMs?: number;
  /** Most that this bound grows to. Default 250 ms. */
  readonly retryDelayMaxMs?: number;
  /** Most commands that may wait for one stream in this process. Default 10,000. */
  readonly waitingMax?: number;
  /** Told of every command, for metrics and traces. Default nobody, at no cost. */
  readonly observe?: CommandObserver | undefined;
}

/** One command on its way. */
interface Execution<State, Command, Event extends DomainEvent> {
  readonly aggregate: Aggregate<State, Command, Event>;
  readonly stream: StreamName;
  readonly command: Command;
  readonly context: CommandContext;
  readonly observed: CommandObservation | undefined;
}

export class CommandExecutor {
  readonly #store: CommandExecutorOptions['store'];
  readonly #runtime: Runtime;
  readonly #cache: FoldedStreamCache;
  readonly #lanes: StreamLanes;
  readonly #attemptsMax: number;
  readonly #retryDelayMs: number;
  readonly #retryDelayMaxMs: number;
  readonly #observer: CommandObserver | undefined;

  constructor(options: CommandExecutorOptions) {
    this.#store = options.store;
    this.#runtime = options.runtime ?? systemRuntime;
    this.#cache = new FoldedStreamCache(options.cache);
    this.#lanes = new StreamLanes(options.waitingMax ?? 10_000);
    this.#attemptsMax = options.attemptsMax ?? 10;
    this.#retryDelayMs = options.retryDelayMs ?? 5;
    this.#retryDelayMaxMs = options.retryDelayMaxMs ?? 250;
    this.#observer = options.observe;
  }

  /**
   * Executes a command on one aggregate; when the promise resolves its events are durable.
   *
   * 1. The command is validated by the rules of its class, then waits for its stream: one command at a time, in order of arrival.
   * 2. The stream is folded: from memory, else by one range read, batch by batch.
   * 3. If the command's id has events in the stream, these are the answer and nothing happens.
   * 4. `decide`; no events means no effect (and leaves no trace: the same id decides again). Payloads are validated.
   * 5. Append, expecting the revision that was folded. If others were faster, only their events are read and it goes on with 3,
   *    after a random delay, `attemptsMax` times.
   *
   * A refusal, or an answer without effect, is never given from memory alone: events of other processes are read first.
   * Without a context the command gets a new id.
   * Errors: COMMAND_INVALID, any `CommandRefused`, EVENT_STORE_INVALID_EVENT, AGGREGATE_CONFLICT_UNRESOLVED, AGGREGATE_OVERLOADED,
   * EVENT_STORE_ABORTED, and those of the store. After an error of the store while appending the command may have taken effect:
   * send it again with the same id.
   */
  execute<State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
    id: string,
    command: Command,
    context: CommandContext = newCommandContext(this.#runtime),
  ): Promise<CommandResult<Event>> {
    const observer = this.#observer;
    if (!observer) return this.#begin(aggregate, id, command, context, undefined);
    const { category } = aggregate;
    const observed = observer.executing({ command: nameOf(command), category, id, commandId: context.commandId });
    return ending(this.#begin(aggregate, id, command, context, observed), observed);
  }

  #begin<State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
    id: string,
    command: Command,
    context: CommandContext,
    observed: CommandObservation | undefined,
  ): Promise<CommandResult<Event>> {
    try {
      validateCommand(command);
      assertContext(context);
      const execution = { aggregate, stream: streamOf(aggregate.category, id), command, context, observed };
      return this.#lanes.run(execution.stream, () => this.#run(execution), context.signal);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async #run<State, Command, Event extends DomainEvent>(execution: Execution<State, Command, Event>): Promise<CommandResult<Event>> {
    const { aggregate, stream, command, context } = execution;
    const cached = this.#cache.get(stream);
    const folded = cached ?? emptyStream(aggregate.initialState);
    if (!cached) await this.#catchUp(execution, folded);
    let isFresh = !cached;
    for (let attempt = 1; ; attempt++) {
      const place = folded.commands.get(context.commandId);
      if (place) return this.#repeat(execution, place);
      const decision = decide(() => aggregate.decide(command, folded.state as State));
      if (decision.events.length === 0 && !isFresh) {
        isFresh = true;
        await this.#catchUp(execution, folded);
        continue;
      }
      if (decision.refusal) throw decision.refusal;
      if (decision.events.length === 0) return { stream, events: [], nextRevision: folded.revision, position: folded.position, isRepeat: false };
      const conflict = await this.#append(execution, folded, decision.events);
      if (!('conflict' in conflict)) return conflict;
      if (attempt >= this.#attemptsMax) throw new AggregateConflictUnresolved(stream, attempt, conflict.conflict);
      await this.#delay(attempt, context.signal);
      await this.#catchUp(execution, folded);
      isFresh = true;
    }
  }

  /** Reads what the stream has beyond the folded part, and folds it. */
  async #catchUp<State, Command, Event extends DomainEvent>(execution: Execution<State, Command, Event>, folded: FoldedStream): Promise<void> {
    const { aggregate, stream, context } = execution;
    const from = folded.revision === undefined ? {} : { from: (folded.revision + 1n) as Revision };
    for await (const batch of this.#store.readStream(stream, { ...from, ...(context.signal && { signal: context.signal }) })) {
      for (const recorded of batch) {
        const event = aggregate.events.decode(recorded);
        folded.state = aggregate.evolve(folded.state as State, event as unknown as Event);
        folded.revision = recorded.revision;
        folded.position = recorded.position;
        remember(folded.commands, recorded);
      }
    }
    if (folded.revision !== undefined) this.#cache.set(stream, folded);
  }

  async #append<State, Command, Event extends DomainEvent>(
    execution: Execution<State, Command, Event>,
    folded: FoldedStream,
    events: readonly Event[],
  ): Promise<CommandEffect<Event> | { readonly conflict: unknown }> {
    const { aggregate, stream, context, observed } = execution;
    const newEvents = newEventsOf(aggregate.events, stream, events, context, observed?.traceparent);
    try {
      const { revision, position } = await this.#inTurn(execution, newEvents, folded.revision ?? 'no-stream');
      folded.state = fold(aggregate, folded.state as State, events);
      folded.revision = revision;
      folded.position = position;
      const first = (revision - BigInt(events.length - 1)) as Revision;
      folded.commands.set(context.commandId, { first, last: revision, position });
      this.#cache.set(stream, folded);
      return { stream, events, nextRevision: revision, position, isRepeat: false };
    } catch (error) {
      if (isMainstemError(error, 'EVENT_STORE_WRONG_EXPECTED_REVISION')) return { conflict: error };
      // Whether the events were written may be unknown: the next command reads the stream again.
      this.#cache.drop(stream);
      throw error;
    }
  }

  async #inTurn<State, Command, Event extends DomainEvent>(
    { stream, context: { appendTurn, signal }, observed }: Execution<State, Command, Event>,
    events: readonly NewEvent[],
    expectedRevision: Revision | 'no-stream',
  ): ReturnType<EventWriter['append']> {
    if (appendTurn) {
      await appendTurn.ready;
      throwIfAborted(signal, 'waiting for the turn to append');
    }
    observed?.appending(events.length);
    const appended = this.#store.append(stream, events, { expectedRevision, ...(signal && { signal }) });
    appendTurn?.release();
    if (observed) {
      const settled = (error?: unknown): void => observed.appended(error);
      void appended.then(() => settled(), settled);
    }
    return appended;
  }

  /** The first result of a command, from the events that it left. */
  async #repeat<State, Command, Event extends DomainEvent>(
    { aggregate, stream, context }: Execution<State, Command, Event>,
    { first, last, position }: CommandPlace,
  ): Promise<CommandEffect<Event>> {
    const events: Event[] = [];
    const limit = Number(last - first) + 1;
    for await (const batch of this.#store.readStream(stream, { from: first, limit, ...(context.signal && { signal: context.signal }) })) {
      for (const recorded of batch) {
        const { type, data } = aggregate.events.decode(recorded);
        events.push({ type, data } as unknown as Event);
      }
    }
    return { stream, events, nextRevision: last, position, isRepeat: true };
  }

  /** Exponential backoff with full jitter, so that competitors do not meet again. */
  #delay(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const boundMs = Math.min(this.#retryDelayMaxMs, this.#retryDelayMs * 2 ** (attempt - 1));
    return this.#runtime.sleep(this.#runtime.random() * boundMs, signal);
  }
}

const nameOf = (command: unknown): string => (command as object | null)?.constructor?.name ?? typeof command;

/** Tells how it ended; the answer stays what it is. */
const ending = async <Event extends DomainEvent>(
  answer: Promise<CommandResult<Event>>,
  observed: CommandObservation,
): Promise<CommandResult<Event>> => {
  try {
    const result = await answer;
    const outcome = result.isRepeat ? 'repeat' : result.events.length > 0 ? 'effect' : 'no-effect';
    observed.ended({ outcome, events: result.isRepeat ? 0 : result.events.length });
    return result;
  } catch (error) {
    observed.ended({ outcome: outcomeOf(error), events: 0, error });
    throw error;
  }
};

const outcomeOf = (error: unknown): CommandOutcome => {
  if (isCommandRefused(error)) return 'refused';
  return isMainstemError(error, 'COMMAND_INVALID') ? 'invalid' : 'failed';
};

const emptyStream = (initialState: unknown): FoldedStream => ({ state: initialState, revision: undefined, position: undefined, commands: new Map() });

const remember = (commands: Map<string, CommandPlace>, { metadata, revision, position }: RecordedEvent): void => {
  const { commandId } = metadata;
  if (commandId !== undefined) commands.set(commandId, { first: commands.get(commandId)?.first ?? revision, last: revision, position });
};

interface Decision<Event> {
  readonly events: readonly Event[];
  readonly refusal?: Error;
}

const decide = <Event>(decision: () => readonly Event[]): Decision<Event> => {
  try {
    return { events: decision() };
  } catch (error) {
    if (!isCommandRefused(error)) throw error;
    return { events: [], refusal: error };
  }
};
