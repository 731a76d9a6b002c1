// What a reactor or a process manager asks for: commands, effects, deadlines, an end. Plain data; the host carries it
// out.
import type { Aggregate } from '@mainstem/aggregate';
import type { DomainEvent } from '@mainstem/event-store';
import type { Effect } from './effect.js';

/** A command for one aggregate. */
export interface Send {
  readonly kind: 'send';
  /** Names the step: its outcome is told under this name. */
  readonly step: string;
  readonly aggregate: CommandTarget<never>;
  readonly category: string;
  readonly id: string;
  readonly command: object;
}

/** An effect outside of the event store. */
export interface Perform {
  readonly kind: 'perform';
  /** Names the step: its outcome is told under this name. */
  readonly step: string;
  readonly effect: Effect;
  readonly data: object;
}

/**
 * A call to the instance at a time, unless it is cancelled before. It replaces an earlier deadline of its name. An
 * instance that has ended sets none.
 */
export interface SetDeadline {
  readonly kind: 'deadline';
  readonly name: string;
  /** ISO 8601 in UTC, or milliseconds from the decision on. */
  readonly at: string | number;
}

export interface CancelDeadline {
  readonly kind: 'cancel-deadline';
  readonly name: string;
}

/**
 * The instance takes no further events, and its deadlines are cancelled. It still gets the outcomes of what it has
 * asked for.
 */
export interface End {
  readonly kind: 'end';
}

export type Action = Send | Perform | SetDeadline | CancelDeadline | End;

/** Any aggregate that takes commands of this type. */
export interface CommandTarget<Command> extends Pick<Aggregate<unknown, Command, DomainEvent>, 'category' | 'events' | 'commandRules'> {
  decide(command: Command, state: never, circumstances?: never): readonly DomainEvent[];
}

/**
 * Sends a command to an aggregate. `step` names it: lower-case words with dashes, unique among the actions of one
 * event.
 */
export const send = <Command extends object>(step: string, aggregate: CommandTarget<Command>, id: string, command: NoInfer<Command>): Send => ({
  kind: 'send',
  step,
  aggregate: aggregate as CommandTarget<never>,
  category: aggregate.category,
  id,
  command,
});

/**
 * Asks for an effect, such as a mail. Its data is stored and kept for good. `step` names it as that of a command. The
 * effect happens at least once, also if its host is killed; every attempt hands the receiver the same idempotency key.
 */
export const perform = <Data extends object>(step: string, effect: Effect<Data>, data: NoInfer<Data>): Perform => ({
  kind: 'perform',
  step,
  effect,
  data,
});

/** A deadline at a time: ISO 8601 with its offset, or a date. */
export const at = (name: string, time: string | Date): SetDeadline => ({
  kind: 'deadline',
  name,
  // One that is no time is refused with its name when it is set.
  at: time instanceof Date && !Number.isNaN(time.getTime()) ? time.toISOString() : String(time),
});

/** A deadline so many milliseconds after the decision; a whole number from 0. */
export const after = (name: string, milliseconds: number): SetDeadline => ({ kind: 'deadline', name, at: milliseconds });

/** Does nothing where no deadline of this name is pending. */
export const cancelDeadline = (name: string): CancelDeadline => ({ kind: 'cancel-deadline', name });

export const end = (): End => ({ kind: 'end' });
