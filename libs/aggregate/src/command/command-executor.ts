// Executes commands on aggregates: load, fold, decide, validate, append.
import {
  assertCategoriesDiffer,
  InvalidInput,
  isMainstemError,
  streamOf,
  streamPrefixOf,
  systemRuntime,
  type DomainEvent,
  type EventReader,
  type EventWriter,
  type Runtime,
  type SnapshotStore,
} from '@mainstem/event-store';
import type { Aggregate, AnyAggregate } from '../aggregate/aggregate.js';
import { UniqueClaims, type Holder } from '../claims/unique-claims.js';
import { isCommandRefused } from '../errors.js';
import { Snapshots, type SnapshotTold } from '../snapshot/snapshots.js';
import { commandIdAt, contextGiven, metadataIn, newCommandContext, type CommandContext } from './command-context.js';
import type { CommandObservation, CommandObserver, CommandOutcome } from './command-observer.js';
import type { CommandResult } from './command-result.js';
import { CommandUnderWay, CommandWatch } from './command-under-way.js';
import type { GivenCommand } from './decision.js';
import { FoldedStreamCache, type FoldedStreamCacheLimits } from './folded-stream-cache.js';
import { assertLimit } from './limits.js';
import type { Call, ErasedAggregate } from './stream-calls.js';
import { StreamFolder } from './stream-folder.js';
import { StreamWorker } from './stream-worker.js';
import { validateCommand } from './validate-command.js';

export interface CommandExecutorOptions {
  /** For a store without `limits`: calls share an append up to the default limits; the store judges larger ones. */
  readonly store: Pick<EventReader, 'readStream'> &
    Pick<EventWriter, 'append'> &
    Partial<Pick<EventWriter, 'limits' | 'hasAppendAll' | 'appendAll'> & Pick<EventReader, 'incarnation' | 'hasDensePositions' | 'changesByOthers'>>;
  readonly runtime?: Runtime;
  /**
   * All aggregates of the application: categories that can make one stream are then refused before the first command.
   */
  readonly aggregates?: readonly (Pick<AnyAggregate, 'category'> & Partial<Pick<AnyAggregate, 'events' | 'unique'>>)[];
  readonly cache?: Partial<FoldedStreamCacheLimits>;
  /**
   * Keeps snapshots of long streams, for aggregates with `snapshot`. Its owner closes it. Commands give the same
   * answers without it, whatever it loses or damages. A load waits for it for 250 ms at most; after a failure it is
   * left alone for 10 s. It needs a store with an `incarnation`. Default: none.
   */
  readonly snapshots?: SnapshotStore | undefined;
  /** Told about each snapshot: taken, used, ignored, failed, refused. Must not throw. */
  readonly onSnapshot?: ((told: SnapshotTold) => void) | undefined;
  /** How often a command is decided while others keep changing its stream. Default 10. */
  readonly attemptsMax?: number;
  /** Upper bound of the first random delay between two attempts; doubled each time. Default 5 ms. */
  readonly retryDelayMs?: number;
  /** Most that this bound grows to. Default 250 ms. */
  readonly retryDelayMaxMs?: number;
  /** The most commands that may wait for one stream in this process. Default 10,000. */
  readonly waitingMax?: number;
  /** The longest time of a command without a signal, wherever it waits. Default 60 s. */
  readonly waitMaxMs?: number;
  /** Observes every command, for metrics and traces. Default: none, at no cost. */
  readonly observe?: CommandObserver | undefined;
}

/** The most commands of one `executeAll`. */
const COMMANDS_MAX = 1_000;

export class CommandExecutor {
  readonly #options: CommandExecutorOptions;
  readonly #runtime: Runtime;
  readonly #folder: StreamFolder;
  readonly #worker: StreamWorker;
  readonly #watch: CommandWatch;
  readonly #observer: CommandObserver | undefined;
  /** What the keys of an aggregate's folded states begin with: nothing for the first one of a category. */
  readonly #aggregates = new WeakMap<object, string>();
  readonly #categories = new Set<string>();
  /** The aggregates with unique values. */
  readonly #holders: Holder[] = [];
  #aggregatesSeen = 0;

  /** Errors: EVENT_STORE_INVALID_INPUT for an invalid limit, EVENT_STORE_AMBIGUOUS_CATEGORY. */
  constructor(options: CommandExecutorOptions) {
    const { store, runtime = systemRuntime, cache, observe } = options;
    const { attemptsMax = 10, retryDelayMs = 5, retryDelayMaxMs = 250, waitingMax = 10_000, waitMaxMs = 60_000 } = options;
    assertLimit('attemptsMax', attemptsMax);
    assertLimit('retryDelayMs', retryDelayMs);
    assertLimit('retryDelayMaxMs', retryDelayMaxMs);
    assertLimit('waitingMax', waitingMax);
    assertLimit('waitMaxMs', waitMaxMs);
    this.#options = options;
    this.#runtime = runtime;
    const { snapshots, onSnapshot } = options;
    const kept = snapshots && new Snapshots({ store: snapshots, reader: store, runtime, tell: onSnapshot });
    this.#folder = new StreamFolder(store, runtime, new FoldedStreamCache(cache), kept);
    const holderOf = (stream: string): Holder | undefined => this.#holders.find(({ category }) => stream.startsWith(streamPrefixOf(category)));
    const claims = new UniqueClaims({ store, runtime, holderOf });
    this.#worker = new StreamWorker({ store, runtime, folder: this.#folder, claims, attemptsMax, retryDelayMs, retryDelayMaxMs, waitingMax });
    this.#watch = new CommandWatch(runtime, waitMaxMs);
    this.#observer = observe;
    for (const aggregate of options.aggregates ?? []) this.#admit(aggregate);
  }

  /**
   * Executes a command on one aggregate; when the promise resolves, its events are durable.
   *
   * 1. The rules of its class validate the command. With a turn (`AppendTurns`) it waits for that first, and then for
   *    its stream, in order of arrival. Commands that wait together are decided one by one and share one append.
   * 2. The stream is folded: from memory, or by one range read, batch by batch. Memory equals a replay, or is not used.
   * 3. If the command's id has events in the stream, these are the answer and nothing happens.
   * 4. `decide`; no events means no effect (and leaves no trace: the same id decides again). Payloads are validated,
   *    and folded as they will be read back: an event that cannot be folded is not appended.
   * 5. Append, expecting the folded revision. If another process was faster, only its events are read. Then step 3
   *    follows, after a random delay, `attemptsMax` times.
   *
   * A refusal, or an answer without effect, is never given from memory alone: events of other processes are read first.
   * Neither is kept. The same command is refused again while its stream stays unchanged, and is decided anew after a
   * change. A command belongs to the executor until it is answered: do not change it meanwhile. Without a context it
   * gets a new id. A signal ends the wait at once; without one it ends after `waitMaxMs`. If the events change a unique
   * value, its claim is part of the append; the value of another aggregate is refused. Errors: COMMAND_INVALID,
   * COMMAND_ID_REUSED, COMMAND_TIMED_OUT, any `CommandRefused`, EVENT_STORE_INVALID_EVENT,
   * AGGREGATE_EVENT_NOT_FOLDABLE, AGGREGATE_CONFLICT_UNRESOLVED, AGGREGATE_OVERLOADED, EVENT_STORE_INVALID_INPUT (a
   * wrong id), EVENT_STORE_AMBIGUOUS_CATEGORY (another aggregate could write the same stream), EVENT_STORE_ABORTED, and
   * those of the store. After a store's error while appending, or an aborted or timed out append, the command may have
   * taken effect: send it again with the same id.
   */
  execute<State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
    id: string,
    command: Command,
    context: CommandContext = newCommandContext(this.#runtime),
  ): Promise<CommandResult<Event>> {
    const given = [{ command, context }];
    if (this.#observer) return this.#observed(aggregate as unknown as ErasedAggregate, id, given, this.#observer).then(firstOf<Event>);
    try {
      return this.#begin(aggregate as unknown as ErasedAggregate, id, given, undefined, true) as Promise<CommandResult<Event>>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Executes commands on one aggregate together: each is decided in the state after those before it, and all are
   * appended as one batch. All take effect, or none does and the first error is thrown. Commands that had already taken
   * effect are answered as repeats. Each needs its own id: from a list of contexts, or `<commandId>:<index>` of one
   * context. Errors: those of `execute`; EVENT_STORE_INVALID_INPUT for no commands, more than 1,000, or another number
   * of contexts.
   */
  executeAll<State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
    id: string,
    commands: readonly Command[],
    context: CommandContext | readonly CommandContext[] = newCommandContext(this.#runtime),
  ): Promise<readonly CommandResult<Event>[]> {
    try {
      const together = togetherOf(commands, context);
      const erased = aggregate as unknown as ErasedAggregate;
      const answers = this.#observer ? this.#observed(erased, id, together, this.#observer) : this.#begin(erased, id, together, undefined, false);
      return answers as Promise<readonly CommandResult<Event>[]>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * An executor for a transaction of the caller: it decides and appends through this store, such as
   * `store.within(manager)` of the event store on PostgreSQL. A result is the place that the events have once the
   * caller has committed; after a rollback nothing has happened. So it keeps no states, neither in memory nor as
   * snapshots, and tells no observer. Everything else is as here. Errors: EVENT_STORE_INVALID_INPUT if the store is
   * that of another log.
   */
  within(store: CommandExecutorOptions['store']): CommandExecutor {
    const { snapshots: _snapshots, onSnapshot: _onSnapshot, observe: _observe, ...options } = this.#options;
    if (store.incarnation !== options.store.incarnation) throw new InvalidInput('store', 'must be of the same event store');
    return new CommandExecutor({ ...options, store, cache: { ...options.cache, streamsMax: 0 } });
  }

  /** What commands have waited for during ten seconds or longer, in words, for a health check; empty if all proceed. */
  troubles(): readonly string[] {
    return this.#watch.troubles();
  }

  async #observed(aggregate: ErasedAggregate, id: string, commands: readonly Given[], observer: CommandObserver): Promise<readonly CommandResult[]> {
    const observations = commands.map(({ command, context }) => {
      // A bad context is refused below, with a message.
      const { commandId, metadata } = Object(context) as CommandContext;
      return observer.executing({ command: nameOf(command), category: aggregate.category, id, commandId, metadata });
    });
    try {
      const results = (await this.#begin(aggregate, id, commands, observations, false)) as readonly CommandResult[];
      results.forEach((result, index) => observations[index]?.ended(endOf(result)));
      return results;
    } catch (error) {
      for (const observation of observations) observation.ended({ outcome: outcomeOf(error), events: 0, error });
      throw error;
    }
  }

  #begin(
    aggregate: ErasedAggregate,
    id: string,
    commands: readonly Given[],
    observations: readonly (CommandObservation | undefined)[] | undefined,
    isOne: boolean,
  ): CommandUnderWay['answer'] {
    const given: GivenCommand<unknown>[] = [];
    // Counted loops in all code that runs for every command: they cost less uncompiled, and compile faster.
    for (let index = 0; index < commands.length; index++) {
      const { command, context: brought } = commands[index] as Given;
      validateCommand(command, aggregate.commandRules);
      const context = contextGiven(brought);
      given.push({ command, context, metadata: metadataIn(context), observed: observations?.[index] });
    }
    const { appendTurn, signal } = given.length === 1 ? (given[0] as Given).context : sharedOf(given);
    const call = this.#callOf(aggregate, id, given, { turn: appendTurn, signal, isOne });
    if (!appendTurn) {
      this.#worker.enter(call);
      return call.underWay.answer;
    }
    // The stream is folded while others have their turn. The lane comes after the turn: a lane must not wait for one.
    if (this.#folder.cache.keepsStreams && !this.#folder.cache.has(call.key)) {
      const folding = this.#callOf(aggregate, id, [], { turn: undefined, signal, isOne: false });
      folding.underWay.answer.catch(() => undefined);
      this.#worker.enter(folding);
    }
    appendTurn.ready.then(
      () => {
        if (!call.underWay.isOver) this.#worker.enter(call);
      },
      (error: unknown) => call.underWay.reject(error),
    );
    return call.underWay.answer;
  }

  #callOf(
    aggregate: ErasedAggregate,
    id: string,
    commands: readonly GivenCommand<unknown>[],
    { turn, signal, isOne }: { readonly turn: Call['turn']; readonly signal: AbortSignal | undefined; readonly isOne: boolean },
  ): Call {
    const stream = streamOf(aggregate.category, id);
    const prefix = this.#aggregates.get(aggregate) ?? this.#admit(aggregate);
    const key = prefix === '' ? stream : `${prefix}${stream}`;
    const underWay = new CommandUnderWay(stream, signal, this.#watch, isOne);
    return { aggregate, stream, key, commands, underWay, turn, repeats: undefined, absent: undefined, attempts: 0, isAlone: false, isProved: false };
  }

  /** Aggregates never share states, even if two fold the same streams. Errors: EVENT_STORE_AMBIGUOUS_CATEGORY. */
  #admit(aggregate: Pick<AnyAggregate, 'category'> & Partial<Holder>): string {
    assertCategoriesDiffer([...this.#categories, aggregate.category]);
    // No name of a stream begins with $.
    const prefix = this.#categories.has(aggregate.category) ? `$${++this.#aggregatesSeen} ` : '';
    this.#categories.add(aggregate.category);
    const { category, events, unique } = aggregate;
    if (events && unique) this.#holders.push({ category, events, unique });
    this.#aggregates.set(aggregate, prefix);
    return prefix;
  }
}

interface Given {
  readonly command: unknown;
  readonly context: CommandContext;
}

const togetherOf = (commands: readonly unknown[], context: CommandContext | readonly CommandContext[]): readonly Given[] => {
  if (!Array.isArray(commands) || commands.length === 0 || commands.length > COMMANDS_MAX)
    throw new InvalidInput('commands', `must be a list of 1 to ${COMMANDS_MAX} commands`);
  if (!isList(context)) {
    const shared = contextGiven(context);
    return commands.map((command: unknown, index) => ({ command, context: { ...shared, commandId: commandIdAt(shared.commandId, index) } }));
  }
  if (context.length !== commands.length) throw new InvalidInput('context', `must be one for each of the ${commands.length} commands`);
  const contexts = context.map(contextGiven);
  if (new Set(contexts.map(({ commandId }) => commandId)).size !== contexts.length)
    throw new InvalidInput('context', 'must have a commandId of its own for each command');
  if (new Set(contexts.map(({ appendTurn }) => appendTurn)).size > 1)
    throw new InvalidInput('context', 'must have the same appendTurn for each command');
  return commands.map((command: unknown, index) => ({ command, context: contexts[index] as CommandContext }));
};

/** What a call takes from its commands' contexts: the common turn, and a signal that fires with any of theirs. */
const sharedOf = ([first, ...others]: readonly Given[]): Pick<CommandContext, 'appendTurn' | 'signal'> => {
  if (others.every(({ context }) => context.signal === first?.context.signal)) return first?.context ?? {};
  const signals = [first, ...others].flatMap((given) => given?.context.signal ?? []);
  return { ...first?.context, signal: AbortSignal.any(signals) };
};

const firstOf = <Event extends DomainEvent>(results: readonly CommandResult[]): CommandResult<Event> => results[0] as CommandResult<Event>;

const isList = (context: CommandContext | readonly CommandContext[]): context is readonly CommandContext[] => Array.isArray(context);

const nameOf = (command: unknown): string => (command as object | null)?.constructor?.name ?? typeof command;

const endOf = ({ isRepeat, events }: CommandResult): { readonly outcome: CommandOutcome; readonly events: number } => {
  if (isRepeat) return { outcome: 'repeat', events: 0 };
  return { outcome: events.length > 0 ? 'effect' : 'no-effect', events: events.length };
};

const outcomeOf = (error: unknown): CommandOutcome => {
  if (isCommandRefused(error)) return 'refused';
  return isMainstemError(error, 'COMMAND_INVALID') ? 'invalid' : 'failed';
};
