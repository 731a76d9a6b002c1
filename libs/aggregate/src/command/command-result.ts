// The answer to a command.
import type { DomainEvent, Position, Revision, StreamName } from '@mainstem/event-store';

/** The command took effect, now or (`isRepeat`) when it was first executed. */
export interface CommandEffect<Event extends DomainEvent> {
  readonly stream: StreamName;
  /** The events of this command, in order; at least one. */
  readonly events: readonly Event[];
  /** Revision of the last of them. */
  readonly nextRevision: Revision;
  /** Position of the last of them: what a reader has to reach to see the effect. */
  readonly position: Position;
  /** True if the same command id had taken effect on this stream before: nothing was appended this time. */
  readonly isRepeat: boolean;
}

/** The command changed nothing; the places are those of the stream's last event, undefined while it has none. */
export interface NoEffect {
  readonly stream: StreamName;
  readonly events: readonly [];
  readonly nextRevision: Revision | undefined;
  readonly position: Position | undefined;
  readonly isRepeat: false;
}

/** What `CommandExecutor.execute` answers. `position` is undefined only if the stream has no event. */
export type CommandResult<Event extends DomainEvent = DomainEvent> = CommandEffect<Event> | NoEffect;
