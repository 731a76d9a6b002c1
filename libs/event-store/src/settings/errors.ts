// Errors of the settings that a process is started with.
import { MainstemError } from '../errors.js';
import { printable } from '../printable.js';

export interface SettingsInvalidOptions {
  /** The other name of the same setting: the variable where a flag was given, the flag where a variable was. */
  readonly otherName?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A flag or an environment variable is unknown or has a wrong value. Nothing was started. `setting` is the given name;
 * the message also shows the other name of the same setting.
 */
export class SettingsInvalid extends MainstemError {
  constructor(
    readonly setting: string,
    problem: string,
    { otherName, cause }: SettingsInvalidOptions = {},
  ) {
    const names = otherName === undefined ? setting : `${setting} (or ${otherName})`;
    super('SETTINGS_INVALID', printable(`${names}: ${problem}`), cause === undefined ? {} : { cause });
  }
}
