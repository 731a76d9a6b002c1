// Errors of the write side: definitions, command execution, and the base of every domain refusal.
import { MainstemError, type FieldViolation } from '@mainstem/event-store';

/** An aggregate's definition cannot work; the program has to be changed. */
export class InvalidAggregate extends MainstemError {
  constructor(
    readonly category: string,
    problem: string,
  ) {
    super('AGGREGATE_INVALID_DEFINITION', `Aggregate ${category}: ${problem}`);
  }
}

/**
 * Base of every domain refusal: the command is well formed, but a rule of the aggregate forbids it now; nothing was appended.
 * Extend it once a rule, with a code of your own such as `ORDER_ALREADY_PLACED`, and throw it from `decide`.
 */
export abstract class CommandRefused extends MainstemError {
  /** Recognises a refusal where several copies of this package are installed; see `isCommandRefused`. */
  readonly isCommandRefusal = true;
}

/** True if the error is a domain refusal, of whatever code. */
export const isCommandRefused = (error: unknown): error is CommandRefused =>
  error instanceof Error && 'isCommandRefusal' in error && error.isCommandRefusal === true;

/** The command breaks the rules declared on its class; nothing was decided or appended. */
export class InvalidCommand extends MainstemError {
  constructor(
    readonly command: string,
    readonly violations: readonly FieldViolation[],
  ) {
    super('COMMAND_INVALID', `${command} is not valid: ${violations.map(({ field, message }) => `${field}: ${message}`).join('; ')}`);
  }
}

/** Others kept appending to the stream between each load and append; nothing of this command was appended. */
export class AggregateConflictUnresolved extends MainstemError {
  constructor(
    readonly stream: string,
    readonly attempts: number,
    cause: unknown,
  ) {
    super(
      'AGGREGATE_CONFLICT_UNRESOLVED',
      `Stream ${stream} changed during each of ${attempts} attempts. Send the command again, with the same id.`,
      { cause },
    );
  }
}

/** Too many commands wait for one stream in this process; this one was not executed. */
export class AggregateOverloaded extends MainstemError {
  constructor(
    readonly stream: string,
    readonly waitingMax: number,
  ) {
    super('AGGREGATE_OVERLOADED', `${waitingMax} commands wait for stream ${stream} already. Send the command again later, with the same id.`);
  }
}
