// Errors of the write side: definitions, command execution, and the base of every domain refusal.
import { MainstemError, type FieldViolation } from '@mainstem/event-store';

/** An aggregate's definition cannot work. Change the program. */
export class InvalidAggregate extends MainstemError {
  constructor(
    readonly category: string,
    problem: string,
  ) {
    super('AGGREGATE_INVALID_DEFINITION', `Aggregate ${category}: ${problem}`);
  }
}

/**
 * Base of every domain refusal: the command is well formed, but a rule of the aggregate forbids it now; nothing was
 * appended. Extend it once for each rule, with your own code such as `ORDER_ALREADY_PLACED`, and throw it from
 * `decide`.
 */
export abstract class CommandRefused extends MainstemError {
  /** Identifies a refusal even if several copies of this package are installed; see `isCommandRefused`. */
  readonly isCommandRefusal = true;
}

/** True if the error is a domain refusal, with any code. */
export const isCommandRefused = (error: unknown): error is CommandRefused =>
  error instanceof Error && 'isCommandRefusal' in error && error.isCommandRefusal === true;

/** Another aggregate has the value that has to be unique; nothing was appended. */
export class UniqueValueTaken extends CommandRefused {
  constructor(
    /** Name of the rule. */
    readonly rule: string,
    /** Normalised; of a long one its beginning. */
    readonly value: string,
  ) {
    super('UNIQUE_VALUE_TAKEN', `${rule} ${JSON.stringify(value)} is taken. Choose another one.`);
  }
}

/** The aggregate has no decision for a command of this class; nothing was decided or appended. Change the program. */
export class UnknownCommand extends MainstemError {
  constructor(
    readonly category: string,
    /** Name of its class. */
    readonly command: string,
    readonly known: readonly string[],
  ) {
    super('COMMAND_UNKNOWN', `Aggregate ${category} has no decision for ${command}; it decides ${known.join(', ')}.`);
  }
}

/** The command breaks the rules declared on its class; nothing was decided or appended. */
export class InvalidCommand extends MainstemError {
  constructor(
    readonly command: string,
    readonly violations: readonly FieldViolation[],
  ) {
    super(
      'COMMAND_INVALID',
      `${command} is not valid: ${violations.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ')}`,
    );
  }
}

/** Others kept appending to the stream between load and append; nothing of this command was appended. */
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
    super('AGGREGATE_OVERLOADED', `${waitingMax} commands already wait for stream ${stream}. Send the command again later, with the same id.`);
  }
}

/** The command's time was over, and it ended. If it was being appended, its effect is unknown. */
export class CommandTimedOut extends MainstemError {
  constructor(
    readonly stream: string,
    readonly waitMaxMs: number,
    readonly waitedFor: string,
  ) {
    super(
      'COMMAND_TIMED_OUT',
      `The command on stream ${stream} waited for ${waitedFor} and was ended after ${waitMaxMs} ms. Send it again with the same id: it takes effect once.`,
    );
  }
}

/** `evolve` fails on a decided event; nothing of the command was appended. Change the program. */
export class EventNotFoldable extends MainstemError {
  constructor(
    readonly stream: string,
    readonly type: string,
    cause: unknown,
  ) {
    super(
      'AGGREGATE_EVENT_NOT_FOLDABLE',
      `Event ${type} for stream ${stream} was not appended, because evolve fails on it: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Correct evolve, or the rules of the event.',
      { cause },
    );
  }
}

/** `decide` made an event that cannot be stored as it is; nothing of the command was appended. Change the program. */
export class EventNotStorable extends MainstemError {
  constructor(
    readonly stream: string,
    readonly type: string,
    problem: string,
    cause?: unknown,
  ) {
    super('AGGREGATE_EVENT_NOT_STORABLE', `Event ${type} for stream ${stream} was not appended: ${problem}. Correct decide.`, { cause });
  }
}

/** The id belongs to a command with other content that took effect on this stream; nothing was appended. */
export class CommandIdReused extends MainstemError {
  constructor(
    readonly stream: string,
    readonly commandId: string,
  ) {
    super('COMMAND_ID_REUSED', `Id ${commandId} was used on stream ${stream} for a command with other content. Use a new id for a new command.`);
  }
}

/** No snapshots of this aggregate are taken, because JSON would change its states. Its commands work as before. */
export class StateNotStorable extends MainstemError {
  constructor(
    readonly category: string,
    cause: unknown,
  ) {
    super(
      'AGGREGATE_STATE_NOT_STORABLE',
      `No snapshots of ${category} are taken, because its state does not come back from JSON as it was: ` +
        `${cause instanceof Error ? cause.message : String(cause)}. Give its snapshot rule encode and decode, or hold plain values in the state.`,
      { cause },
    );
  }
}

/** No snapshot of this stream was taken, because its state is too large. Its commands work as before. */
export class StateTooLarge extends MainstemError {
  constructor(
    readonly category: string,
    readonly length: number,
    readonly lengthMax: number,
  ) {
    super(
      'AGGREGATE_STATE_TOO_LARGE',
      `No snapshot of a stream of ${category} was taken: its state has ${length} characters as JSON, and ${lengthMax} is the limit. ` +
        'Keep in the state only what decide needs, or write it shorter with encode of its snapshot rule.',
    );
  }
}

/** The snapshot store did not answer in time. Commands work without it meanwhile. */
export class SnapshotStoreLate extends MainstemError {
  constructor(
    readonly operation: 'load' | 'save',
    readonly waitedMs: number,
  ) {
    super('SNAPSHOT_STORE_LATE', `The snapshot store did not ${operation} within ${waitedMs} ms. Commands read their streams instead.`);
  }
}
