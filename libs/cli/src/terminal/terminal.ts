// The terminal of the commands: results go to stdout, everything else to stderr.
import { createInterface } from 'node:readline';
import { printableLines } from '@mainstem/event-store';
import { OutputUnwritable } from '../errors.js';
import { redrawer } from './redraw.js';

export interface Terminal {
  /** True if a person watches: progress may be drawn. */
  readonly isInteractive: boolean;
  /** Prints one line of the result. Resolves when the reader at the other end has room for more. */
  print(line: string): Promise<void>;
  /**
   * Prints a block of the result over the one before, clipped to the window. Absent if the result does not go to a
   * terminal. The cursor stays visible, so that there is nothing to restore.
   */
  redraw?(lines: readonly string[]): Promise<void>;
  /** Prints one line about the progress of the command. */
  say(line: string): void;
  readonly errorStream: NodeJS.WritableStream;
  /** Asks for yes or no; any other answer, and Ctrl-C, means no. Absent without a terminal. */
  confirm?(question: string): Promise<boolean>;
}

export interface ProcessTerminal extends Terminal {
  /** Why the result could not be written, known one turn after printing. A reader that has gone is no failure. */
  failure(): OutputUnwritable | undefined;
}

/** The terminal of this process. `onGone` is called when the reader of stdout has gone (`mainstem tail | head`). */
export const processTerminal = (onGone: () => void): ProcessTerminal => {
  let isGone = false;
  let failure: OutputUnwritable | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= new OutputUnwritable(error);
    isGone = true;
    onGone();
  });
  // This failure cannot be reported; the exit code shows it.
  process.stderr.on('error', () => undefined);
  const write = (text: string): Promise<void> => {
    if (isGone || process.stdout.write(text)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        process.stdout.off('drain', done).off('error', done);
        resolve();
      };
      process.stdout.once('drain', done).once('error', done);
    });
  };
  const redraw = redrawer(write, () => ({ rows: process.stdout.rows, columns: process.stdout.columns }));
  return {
    failure: () => failure,
    isInteractive: process.stderr.isTTY === true,
    errorStream: process.stderr,
    ...(process.stdin.isTTY && { confirm }),
    ...(process.stdout.isTTY && { redraw }),
    print: (line) => write(`${printableLines(line)}\n`),
    say: (line) => void process.stderr.write(`${printableLines(line)}\n`),
  };
};

const confirm = async (question: string): Promise<boolean> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<boolean>((resolve) => {
      lines.once('close', () => resolve(false));
      lines.question(`${printableLines(question)} [y/N] `, (answer) => resolve(/^y(es)?$/i.test(answer.trim())));
    });
  } finally {
    lines.close();
  }
};
