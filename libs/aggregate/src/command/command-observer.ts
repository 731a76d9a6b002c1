// What is told of each command on its way, for metrics and traces; this library knows neither.
import type { CommandMetadata } from './command-context.js';

/** `no-effect`: nothing to do. `repeat`: it had taken effect before. `refused`: by a rule. `invalid`: it broke the rules of its class. */
export type CommandOutcome = 'effect' | 'no-effect' | 'repeat' | 'refused' | 'invalid' | 'failed';

export interface ObservedCommand {
  /** Name of its class. */
  readonly command: string;
  readonly category: string;
  /** Of the aggregate. */
  readonly id: string;
  readonly commandId: string;
  /** The application's facts of the command's context, as its caller brought them: not checked yet. */
  readonly metadata?: CommandMetadata | undefined;
}

export interface CommandEnd {
  readonly outcome: CommandOutcome;
  /** Appended now. */
  readonly events: number;
  readonly error?: unknown;
}

/** One command, from its call to its answer. */
export interface CommandObservation {
  /** W3C trace context for the metadata of its events; one that is not valid is left out. */
  readonly traceparent?: string | undefined;
  /** An append begins; `appended` follows, with the error if it failed. More than once where others were faster. */
  appending(events: number): void;
  appended(error?: unknown): void;
  ended(end: CommandEnd): void;
}

/** Called a few times a command. Must not throw. */
export interface CommandObserver {
  executing(command: ObservedCommand): CommandObservation;
}
