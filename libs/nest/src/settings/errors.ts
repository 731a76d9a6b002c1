// Errors of the settings that a process is started with.
import { MainstemError } from '@mainstem/event-store';

/** A flag or an environment variable has a value that cannot be used, or a flag is unknown; nothing was started. */
export class SettingsInvalid extends MainstemError {
  constructor(
    readonly setting: string,
    problem: string,
  ) {
    super('SETTINGS_INVALID', `${setting}: ${problem}`);
  }
}
