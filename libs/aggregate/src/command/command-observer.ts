// Observes each command, for metrics and traces; this library knows neither.
import type { CommandMetadata } from './command-context.js';

/**
 * `no-effect`: nothing to do. `repeat`: had taken effect. `refused`: by a rule. `invalid`: breaks its class's rules.
 */
export type CommandOutcome = 'effect' | 'no-effect' | 'repeat' | 'refused' | 'invalid' | 'failed';

export interface ObservedCommand {
  /** The name of its class. */
  readonly command: string;
  readonly category: string;
  /** The category of the aggregate. */
  readonly id: string;
  readonly commandId: string;
  /** The application's facts in the command's context, not yet checked. */
  readonly metadata?: CommandMetadata | undefined;
}

export interface CommandEnd {
  readonly outcome: CommandOutcome;
  /** The number of events appended now. */
  readonly events: number;
  readonly error?: unknown;
}

/** One command, from its call to its answer. */
export interface CommandObservation {
  /** W3C trace context for the metadata of its events; an invalid one is left out. */
  readonly traceparent?: string | undefined;
  /** An append begins; `appended` follows, with the error if it failed. It may repeat after a conflict. */
  appending(events: number): void;
  appended(error?: unknown): void;
  ended(end: CommandEnd): void;
}

/** Called a few times a command. Must not throw. */
export interface CommandObserver {
  executing(command: ObservedCommand): CommandObservation;
}
