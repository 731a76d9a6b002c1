// What runs the commands, for the files that declare them.
import type { CliContext } from './commands/cli-context.js';
import type { Terminal } from './terminal/terminal.js';

/** What the process provides for the commands. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Where to look for the application. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** What else the help of the program tells. */
  readonly help?: string;
}

/** Runs one command in the application. */
export type Run = (work: (context: CliContext) => Promise<number>) => Promise<void>;
