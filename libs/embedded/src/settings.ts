// What a process can be told about the embedded stores.
import { wordForm, type Setting } from '@mainstem/event-store/settings';
import { resolve } from 'node:path';

/** Folder of the embedded stores; its value is absolute. */
export const dirSetting = {
  flag: '--dir',
  takes: '<folder>',
  environment: 'MAINSTEM_DIR',
  default: '.mainstem',
  help: 'folder of the embedded stores, on a local disk',
  parse: (text) => resolve(text),
} as const satisfies Setting<string>;

/** A store in that folder. */
export const embeddedForm = wordForm('embedded', 'in the folder of `--dir`');
