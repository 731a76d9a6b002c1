// The answer to a command.
import type { DomainEvent, Position, Revision, StreamName } from '@mainstem/event-store';

/** The command took effect, now or, with `isRepeat`, when it was first executed. */
export interface CommandEffect<Event extends DomainEvent> {
  readonly stream: StreamName;
  /** The events of this command, in order; at least one. */
  readonly events: readonly Event[];
  /** Revision of its last event. */
  readonly nextRevision: Revision;
  /** Position of its last event: a reader that has reached it sees the effect. */
  readonly position: Position;
  /** True if the command id had already taken effect on this stream: nothing was appended now. */
  readonly isRepeat: boolean;
}

/** The command changed nothing; the places are those of the stream's last event, undefined without one. */
export interface NoEffect {
  readonly stream: StreamName;
  readonly events: readonly [];
  readonly nextRevision: Revision | undefined;
  readonly position: Position | undefined;
  readonly isRepeat: false;
}

/** The answer of `CommandExecutor.execute`. `position` is undefined only if the stream has no event. */
export type CommandResult<Event extends DomainEvent = DomainEvent> = CommandEffect<Event> | NoEffect;
