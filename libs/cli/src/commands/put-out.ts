// A result of several lines: printed, or put into a file as a whole.
import path from 'node:path';
import { OutputUnwritable } from '../errors.js';
import type { Terminal } from '../terminal/terminal.js';
import { writeWhole } from './write-whole.js';

export interface OutOptions {
  /** Where the command runs; a file counts from there. */
  readonly folder: string;
  readonly out?: string;
}

/** Errors: CLI_OUTPUT_UNWRITABLE; the file is then as it was. */
export const putOut = async (terminal: Terminal, lines: readonly string[], { folder, out }: OutOptions): Promise<void> => {
  if (out === undefined) {
    for (const line of lines) await terminal.print(line);
    return;
  }
  const file = path.resolve(folder, out);
  try {
    await writeWhole(file, `${lines.join('\n')}\n`);
  } catch (error) {
    throw new OutputUnwritable(error as Error);
  }
  terminal.say(`${file} written`);
};
