// Reactors: commands and effects that follow from single events, without a state of their own.
import { isCommandRefused, type CommandRefused } from '@mainstem/aggregate';
import { commandIdFrom } from '@mainstem/aggregate/host';
import type { EventRegistry, RecordedEvent, RecordedEventOf, Runtime } from '@mainstem/event-store';
import type { ReadStore, RecoveryPolicy } from '@mainstem/projection';
import { reaction, type Hosted, type HostedReaction, type ReactionContext, type ReactionStart } from '@mainstem/projection/reaction';
import { end, type Perform, type Send } from './action/actions.js';
import type { Effect } from './action/effect.js';
import { assertFunction, assertHost } from './definition/assert-rules.js';
import { byEvent, type ByEvent } from './definition/by-event.js';
import type { GivenEventFunctions } from './definition/functions-of.js';
import { addStep, assertDeclared } from './definition/names.js';
import { InvalidAction, InvalidProcess } from './errors.js';
import { contextAfter, isTrouble, ofCommand, type BatchExecutor } from './host/execution.js';
import { hostEffects, type EffectsHostOptions } from './host/host-process.js';
import { RecentNames } from './host/recent-names.js';
import { sendTogether } from './host/send-together.js';
import { processManager, type ProcessManager } from './manager/process-manager.js';
import { storedSource } from './manager/source-event.js';

/** A command that was sent. */
export interface SentCommand {
  readonly step: string;
  readonly category: string;
  readonly id: string;
}

export interface ReactorOptions<Registries extends readonly EventRegistry[]> {
  /** Unique in a read store; lower-case words with dashes, at most 30 characters. */
  readonly name: string;
  readonly events: Registries;
  /** Events of one key are answered one after the other. Default their stream. Pure. */
  readonly key?: (event: RecordedEventOf<Registries[number]>) => string | null;
  /** Where the first run begins: at the first event of the log, or behind the last one. */
  readonly startsAt: ReactionStart;
  /**
   * What follows from an event: commands, in order, and after them effects. Asked again after a crash, it must give the
   * same: it may wait for nothing but what never changes, such as the first event of a stream.
   */
  readonly react: GivenEventFunctions<Registries, Asked>;
  /** Effects that `react` may ask for. Those of one event are a stream of their own, `<name>-<event id>`. */
  readonly performs?: readonly Effect[];
  /**
   * True: of several events of one key that are due, the commands for one aggregate go into one append, in order, and
   * those for several aggregates at the same time. If one of them fails, the events are answered one by one. Default
   * false: each command waits for the one before it.
   */
  readonly together?: boolean;
  /**
   * A command was refused. Without this function a refusal is a failure of the event: after retries the reactor stops
   * or parks it.
   */
  readonly declined?: (refusal: CommandRefused, sent: SentCommand, event: RecordedEvent) => void | Promise<void>;
}

type Asked = readonly (Send | Perform)[] | Promise<readonly (Send | Perform)[]>;

/** `Registries` types its tests. */
export interface Reactor<Registries extends readonly EventRegistry[] = readonly EventRegistry[]> {
  readonly name: string;
  readonly registries: Registries;
  readonly functions: ByEvent<(event: RecordedEvent) => Asked>;
  readonly key: ((event: RecordedEvent) => string | null) | undefined;
  readonly startsAt: ReactionStart;
  readonly together: boolean;
  readonly declined: ReactorOptions<readonly EventRegistry[]>['declined'];
  /** Of its effects: an instance for each event that asked for some. */
  readonly outbox: ProcessManager | undefined;
}

/**
 * Declares a reactor. A command's id is made from the reactor's name, the event and the step, so it takes effect once,
 * even if it is sent often. A command that was refused, or changed nothing, leaves no trace. It is decided anew when a
 * host sends it again that does not remember it: after a crash, or 10,000 further ones without a trace. Later commands
 * may have taken effect by then. Errors: PROCESS_INVALID_DEFINITION.
 */
export const reactor = <const Registries extends readonly EventRegistry[]>(options: ReactorOptions<Registries>): Reactor<Registries> => {
  const { name, events: registries, startsAt, together = false, declined, performs = [] } = options;
  assertDeclared(name, startsAt);
  const functions = byEvent<(event: RecordedEvent) => Asked>(name, registries, options.react);
  if (options.key !== undefined) assertFunction(name, 'key', options.key);
  if (declined !== undefined) assertFunction(name, 'declined', declined);
  if (functions.types.length === 0) throw new InvalidProcess(name, 'takes no event: give react at least one event type');
  const outbox = performs.length === 0 ? undefined : outboxOf(name, registries, functions, performs);
  return { name, registries, functions, key: options.key as Reactor['key'], startsAt, together, declined, outbox };
};

/** A process without rules: the reactor says what each instance asks for, and that it ends with that. */
const outboxOf = (name: string, events: readonly EventRegistry[], { types }: Reactor['functions'], performs: readonly Effect[]): ProcessManager =>
  processManager({
    name,
    version: 1,
    events,
    startsAt: 'first-event',
    key: ({ id }) => id,
    initialState: null,
    performs,
    react: (on) =>
      events.map((registry) =>
        on(registry, Object.fromEntries(registry.types.filter((type) => types.includes(type)).map((type) => [type, () => []]))),
      ),
  });

export interface ReactorHostOptions {
  readonly executor: BatchExecutor;
  /** Keeps the checkpoint, parked events, and the pending effects; any read store. */
  readonly store: ReadStore;
  readonly recovery?: Partial<RecoveryPolicy>;
}

export interface EffectReactorHostOptions extends ReactorHostOptions {
  readonly runtime?: Runtime;
  readonly effects: EffectsHostOptions;
}

/** For a `Projector`. Errors: PROCESS_INVALID_DEFINITION, also for a reactor that performs effects. */
export const hostReactor = (definition: Reactor, options: ReactorHostOptions): HostedReaction => {
  if (definition.outbox) throw new InvalidProcess(definition.name, 'performs effects: host it by hostReactorWithEffects');
  return hosted(definition, options);
};

/**
 * For a `Projector`: `<name>` answers events, `<name>-effects` keeps the pending effects, which are performed beside
 * it. Errors: PROCESS_INVALID_DEFINITION, also if an effect has no performer.
 */
export const hostReactorWithEffects = (definition: Reactor, options: EffectReactorHostOptions): readonly Hosted[] => [
  hosted(definition, options),
  ...(definition.outbox ? hostEffects(definition.outbox, options) : []),
];

const hosted = (definition: Reactor, options: ReactorHostOptions): HostedReaction => {
  const { name, registries, functions, key, startsAt, together, declined } = definition;
  if (!(functions as Reactor['functions'] | undefined)) throw new InvalidProcess(name, 'is no reactor; hostProcess hosts process managers');
  assertHost(name, options, together ? ['execute', 'executeAll'] : ['execute']);
  const { executor, store, recovery } = options;
  // When an event is answered again, these would be decided anew, after the commands that followed them.
  const traceless = new RecentNames();
  const react = async (event: RecordedEvent, { signal }: ReactionContext): Promise<void> => {
    const { sends, performs } = await askedBy(definition, event);
    for (const { step, aggregate, category, id, command } of sends) {
      const commandId = commandIdFrom(name, event.id, step);
      if (traceless.has(commandId)) continue;
      try {
        const { events } = await ofCommand(executor.execute(aggregate as never, id, command as never, contextAfter(event, commandId, signal)));
        if (events.length === 0) traceless.add(commandId);
      } catch (error) {
        if (!declined || !isCommandRefused(error)) throw error;
        await declined(error, { step, category, id }, event);
        traceless.add(commandId);
      }
    }
    await requestEffects(definition, executor, event, performs, signal);
  };
  const reactToSeveral = async (events: readonly RecordedEvent[], { signal }: ReactionContext): Promise<void> => {
    const due: { readonly event: RecordedEvent; readonly sends: readonly Send[]; readonly performs: readonly Perform[] }[] = [];
    for (const event of events) due.push({ event, ...(await askedBy(definition, event)) });
    await sendTogether(due, { name, executor, traceless, signal });
    for (const { event, performs } of due) await requestEffects(definition, executor, event, performs, signal);
  };
  const projection = reaction({
    name,
    events: registries,
    types: functions.types as never,
    ...(key && { key }),
    startsAt,
    isTrouble,
    react,
    ...(together && { reactToSeveral }),
  });
  return { projection, store, ...(recovery && { recovery }) };
};

/** An event is known again by its id: its effects are asked for once. */
const requestEffects = async (
  { registries, outbox }: Reactor,
  executor: BatchExecutor,
  event: RecordedEvent,
  performs: readonly Perform[],
  signal: AbortSignal,
): Promise<void> => {
  if (!outbox || performs.length === 0) return;
  const context = contextAfter(event, commandIdFrom('in', event.id), signal);
  const command = { kind: 'take-in', source: storedSource(event, registries), actions: [...performs, end()] } as const;
  await ofCommand(executor.execute(outbox.aggregate, event.id, command, context));
};

/** Errors: PROCESS_INVALID_ACTION, and those of `react`. */
const askedBy = async (
  definition: Reactor,
  event: RecordedEvent,
): Promise<{ readonly sends: readonly Send[]; readonly performs: readonly Perform[] }> => {
  const asked = (await definition.functions.of(event)?.(event)) ?? [];
  assertAsked(definition, asked);
  return { sends: asked.filter((one) => one.kind === 'send'), performs: asked.filter((one) => one.kind === 'perform') };
};

const assertAsked = ({ name, outbox }: Reactor, asked: readonly (Send | Perform)[]): void => {
  if (!Array.isArray(asked)) throw new InvalidAction(name, 'react must return a list of commands and effects');
  const steps = new Set<string>();
  for (const one of asked as readonly (Send | Perform)[]) {
    const kind = (one as Send | Perform | null | undefined)?.kind;
    if (kind !== 'send' && kind !== 'perform')
      throw new InvalidAction(name, 'react of a reactor returns commands and effects alone; deadlines need a process manager');
    if (kind === 'perform' && !outbox) throw new InvalidAction(name, `react asks for an effect as step ${one.step}, and performs does not name it`);
    addStep(name, one.step, steps);
  }
};
