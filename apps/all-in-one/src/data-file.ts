// Finds the data that comes with the repository, and checks the requested file.
import { SettingsInvalid } from '@mainstem/event-store/settings';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const DATA_FILE = join('data', 'online-retail', 'events.ndjson.gz');

/** The full data file of this program's repository; undefined if it is missing. */
export const repositoryData = (from: string = import.meta.dirname): string | undefined => {
  const file = join(from, DATA_FILE);
  if (existsSync(file)) return file;
  const parent = dirname(from);
  return parent === from ? undefined : repositoryData(parent);
};

/** Errors: SETTINGS_INVALID if it is not a file. */
export const assertFile = (file: string | undefined): void => {
  if (file === undefined || statSync(file, { throwIfNoEntry: false })?.isFile()) return;
  throw new SettingsInvalid('--data', `there is no file ${file}. Give another one, or start with --no-data.`);
};
