// Errors of rebuilds, rollbacks, and of forgetting a projection.
import { MainstemError } from '@mainstem/event-store';

/** Another process is rebuilding the projection; nothing was changed here. */
export class RebuildRunning extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
  ) {
    super(
      'REBUILD_RUNNING',
      `Another process is filling generation ${generation} of ${projection}. Wait until it is done (mainstem status shows its progress), or stop it first.`,
    );
  }
}

/** There is no generation to go back to. */
export class NothingToRollBack extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super('ROLLBACK_NO_GENERATION', `Projection ${projection} cannot be rolled back: ${problem}.`);
  }
}

/** Another definition filled the target generation, so this program cannot bring it up to date. */
export class RollbackBehind extends MainstemError {
  constructor(
    readonly projection: string,
    readonly generation: number,
    readonly actual: bigint | undefined,
    readonly expected: bigint | undefined,
    behindBy: string,
  ) {
    super(
      'ROLLBACK_BEHIND',
      `Generation ${generation} of ${projection} is at position ${actual ?? 'none'}, ${behindBy} behind the one that serves, and was filled by another definition. ` +
        'Roll back with the program that filled it, which brings it up to date first, or force it: queries then see that older position.',
    );
  }
}

/** The application still has the projection, so its projector would fill it again. */
export class StillDeclared extends MainstemError {
  constructor(
    readonly projection: string,
    readonly store: string,
  ) {
    super(
      'FORGET_STILL_DECLARED',
      `The application has a projection ${projection} in read store ${store}: nothing was removed. Take it out of the application first; to fill it anew, run mainstem rebuild ${projection}.`,
    );
  }
}

/** An instance of an older program runs it. */
export class StillRuns extends MainstemError {
  constructor(
    readonly projection: string,
    readonly store: string,
    readonly owner: string,
  ) {
    super(
      'FORGET_STILL_RUNS',
      `${owner} runs projection ${projection} in read store ${store}: nothing was removed. Stop it first; one that has died counts for some seconds.`,
    );
  }
}
