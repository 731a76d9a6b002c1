// What a reactor or a process manager asks for: commands, deadlines, an end. Plain data; the host carries it out.
import type { Aggregate } from '@mainstem/aggregate';
import type { DomainEvent } from '@mainstem/event-store';

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
 * The instance takes no further events, and its deadlines are cancelled. It still gets the outcomes of sent commands.
 */
export interface End {
  readonly kind: 'end';
}

export type Action = Send | SetDeadline | CancelDeadline | End;

/** Any aggregate that takes commands of this type. */
export interface CommandTarget<Command> extends Pick<Aggregate<unknown, Command, DomainEvent>, 'category' | 'commandRules'> {
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
