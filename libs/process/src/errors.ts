// Errors of reactors, process managers and their effects.
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

/**
 * The receiver of an effect refuses it for good: no further attempt follows. Throw it in the function that performs the
 * effect, with a code of your own such as `CARD_DECLINED`.
 */
export class EffectRefused extends MainstemError {
  /** Identifies a refusal even if several copies of this package are installed. */
  readonly isEffectRefusal = true;
}

/** The effect has happened, and its result cannot be kept. No rule is told; the effect is given up, for people. */
export class InvalidEffect extends MainstemError {
  constructor(effect: string, problem: string) {
    super('PROCESS_INVALID_EFFECT', `Effect ${effect} has happened, but its result cannot be kept: ${problem}. Correct its performer, then retry.`);
  }
}

/** An attempt of an effect took longer than its `timeoutMs`; it may still take effect. */
export class EffectTimedOut extends MainstemError {
  constructor(effect: string, timeoutMs: number) {
    super('PROCESS_EFFECT_TIMED_OUT', `Effect ${effect}: no end within ${timeoutMs} ms. It may have taken effect.`);
  }
}
