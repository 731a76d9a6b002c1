// Reactors: commands that follow from single events, without a state of their own.
import { isCommandRefused, type CommandRefused } from '@mainstem/aggregate';
import { commandIdFrom } from '@mainstem/aggregate/host';
import type { EventRegistry, RecordedEvent, RecordedEventOf } from '@mainstem/event-store';
import type { ReadStore, RecoveryPolicy } from '@mainstem/projection';
import { reaction, type HostedReaction, type ReactionContext, type ReactionStart } from '@mainstem/projection/reaction';
import type { Send } from './action/actions.js';
import { assertFunction, assertHost } from './definition/assert-rules.js';
import { byEvent, type ByEvent } from './definition/by-event.js';
import type { GivenEventFunctions } from './definition/functions-of.js';
import { addStep, assertDeclared } from './definition/names.js';
import { InvalidAction, InvalidProcess } from './errors.js';
import { contextAfter, isTrouble, ofCommand, type BatchExecutor } from './host/execution.js';
import { sendTogether } from './host/send-together.js';

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
   * Commands that follow from an event, in order. Asked again after a crash, it must give the same ones: it may wait
   * for nothing but what never changes, such as the first event of a stream.
   */
  readonly react: GivenEventFunctions<Registries, Sends>;
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

type Sends = readonly Send[] | Promise<readonly Send[]>;

/** `Registries` types its tests. */
export interface Reactor<Registries extends readonly EventRegistry[] = readonly EventRegistry[]> {
  readonly name: string;
  readonly registries: Registries;
  readonly functions: ByEvent<(event: RecordedEvent) => Sends>;
  readonly key: ((event: RecordedEvent) => string | null) | undefined;
  readonly startsAt: ReactionStart;
  readonly together: boolean;
  readonly declined: ReactorOptions<readonly EventRegistry[]>['declined'];
}

/**
 * Declares a reactor. A command's id is made from the reactor's name, the event and the step, so it takes effect once,
 * even if it is sent often. A command that was refused, or changed nothing, leaves no trace and is decided anew when it
 * is sent again. Errors: PROCESS_INVALID_DEFINITION.
 */
export const reactor = <const Registries extends readonly EventRegistry[]>(options: ReactorOptions<Registries>): Reactor<Registries> => {
  const { name, events: registries, startsAt, together = false, declined } = options;
  assertDeclared(name, startsAt);
  const functions = byEvent<(event: RecordedEvent) => Sends>(name, registries, options.react);
  if (options.key !== undefined) assertFunction(name, 'key', options.key);
  if (declined !== undefined) assertFunction(name, 'declined', declined);
  if (functions.types.length === 0) throw new InvalidProcess(name, 'takes no event: give react at least one event type');
  return { name, registries, functions, key: options.key as Reactor['key'], startsAt, together, declined };
};

export interface ReactorHostOptions {
  readonly executor: BatchExecutor;
  /** Keeps the checkpoint and parked events; any read store. */
  readonly store: ReadStore;
  readonly recovery?: Partial<RecoveryPolicy>;
}

/** For a `Projector`. Errors: PROCESS_INVALID_DEFINITION. */
export const hostReactor = (definition: Reactor, options: ReactorHostOptions): HostedReaction => {
  const { name, registries, functions, key, startsAt, together, declined } = definition;
  if (!(functions as Reactor['functions'] | undefined)) throw new InvalidProcess(name, 'is no reactor; hostProcess hosts process managers');
  assertHost(name, options);
  const { executor, store, recovery } = options;
  const react = async (event: RecordedEvent, { signal }: ReactionContext): Promise<void> => {
    for (const { step, aggregate, category, id, command } of await sendsOf(definition, event)) {
      const context = contextAfter(event, commandIdFrom(name, event.id, step), signal);
      try {
        await ofCommand(executor.execute(aggregate as never, id, command as never, context));
      } catch (error) {
        if (!declined || !isCommandRefused(error)) throw error;
        await declined(error, { step, category, id }, event);
      }
    }
  };
  const reactToSeveral = async (events: readonly RecordedEvent[], { signal }: ReactionContext): Promise<void> => {
    const due: { readonly event: RecordedEvent; readonly sends: readonly Send[] }[] = [];
    for (const event of events) due.push({ event, sends: await sendsOf(definition, event) });
    await sendTogether(name, executor, due, signal);
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

/** Errors: PROCESS_INVALID_ACTION, and those of `react`. */
const sendsOf = async ({ name, functions }: Reactor, event: RecordedEvent): Promise<readonly Send[]> => {
  const sends = (await functions.of(event)?.(event)) ?? [];
  assertSends(name, sends);
  return sends;
};

const assertSends = (name: string, sends: readonly Send[]): void => {
  if (!Array.isArray(sends)) throw new InvalidAction(name, 'react must return a list of commands');
  const steps = new Set<string>();
  for (const sent of sends as readonly Send[]) {
    if ((sent as Send | null | undefined)?.kind !== 'send')
      throw new InvalidAction(name, 'react of a reactor returns commands alone; deadlines need a process manager');
    addStep(name, sent.step, steps);
  }
};
