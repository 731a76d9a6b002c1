// Errors of reactors and process managers.
import { MainstemError } from '@mainstem/event-store';

/** The definition of a reactor or a process manager cannot work; the program has to be changed. */
export class InvalidProcess extends MainstemError {
  constructor(
    readonly process: string,
    problem: string,
  ) {
    super('PROCESS_INVALID_DEFINITION', `Process ${process}: ${problem}`);
  }
}

/** `react` asked for something that cannot be done; nothing of it was recorded. The program has to be changed. */
export class InvalidAction extends MainstemError {
  constructor(
    readonly process: string,
    problem: string,
  ) {
    super('PROCESS_INVALID_ACTION', `Process ${process}: ${problem}. Correct react; the event is tried again after that.`);
  }
}

/** An instance was started by a version of the process that this program does not have. */
export class ProcessVersionUnknown extends MainstemError {
  constructor(
    readonly process: string,
    readonly version: number,
  ) {
    super(
      'PROCESS_VERSION_UNKNOWN',
      `Process ${process}: an instance was started by version ${version}, which is neither the current one nor among formerVersions. Declare it there.`,
    );
  }
}

/** A person asked for something that the instance is not ready for; nothing was recorded. */
export class ProcessRefused extends MainstemError {
  constructor(
    readonly process: string,
    readonly key: string,
    problem: string,
  ) {
    super('PROCESS_REFUSED', `Process ${process} of ${key}: ${problem}`);
  }
}
