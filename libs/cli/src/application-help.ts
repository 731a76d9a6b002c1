// What the help of the program tells of the application in whose folder it runs: the variables that its commands heed.
import { isMainstemError } from '@mainstem/event-store';
import { settingsIn, settingsLines, type SettingRows } from '@mainstem/event-store/settings';
import { loadApplication } from './load-application.js';

/** Empty where no help of the whole program is asked for, and where there is no application or it tells no settings. */
export const applicationHelp = async (args: readonly string[], folder: string): Promise<string> => {
  if (!isForProgram(args)) return '';
  try {
    const { name, settings } = await loadApplication(folder);
    return settings === undefined ? '' : `\n\nVariables of the application ${name} (variable, default):\n${variablesOf(settings).join('\n')}`;
  } catch (error) {
    // Help is wanted most where something is not right yet.
    if (isMainstemError(error)) return '';
    throw error;
  }
};

const isForProgram = (args: readonly string[]): boolean => args.every((arg) => ['--help', '-h', 'help'].includes(arg));

/** Of the flags commands have their own. */
const variablesOf = (settings: SettingRows): readonly string[] =>
  settingsLines(
    Object.fromEntries(
      settingsIn(settings).flatMap(({ flag: _flag, takes: _takes, none: _none, ...row }) =>
        row.environment === undefined ? [] : [[row.environment, row]],
      ),
    ),
  );
