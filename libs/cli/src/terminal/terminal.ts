// The terminal as the commands see it: results on stdout, everything said beside them on stderr.
import { createInterface } from 'node:readline';
import { printableLines } from '@mainstem/event-store';
import { OutputUnwritable } from '../errors.js';

export interface Terminal {
  /** Somebody watches: progress may be drawn. */
  readonly isInteractive: boolean;
  /** One line of the result. Resolves when the reader at the other end has room for more. */
  print(line: string): Promise<void>;
  /** One line about what is going on. */
  say(line: string): void;
  readonly errorStream: NodeJS.WritableStream;
  /** Asks for yes or no; anything else, and Ctrl-C, is no. Absent where there is nobody to ask. */
  confirm?(question: string): Promise<boolean>;
}

export interface ProcessTerminal extends Terminal {
  /** Why the result could not be written, known a turn after it was printed. A reader that has gone is no failure. */
  failure(): OutputUnwritable | undefined;
}

/** The terminal of this process. When the reader of stdout goes away (`mainstem tail | head`), or takes no more, `onGone` is called. */
export const processTerminal = (onGone: () => void): ProcessTerminal => {
  let isGone = false;
  let failure: OutputUnwritable | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= new OutputUnwritable(error);
    isGone = true;
    onGone();
  });
  // Nothing can be said about that; the exit code tells.
  process.stderr.on('error', () => undefined);
  return {
    failure: () => failure,
    isInteractive: process.stderr.isTTY === true,
    errorStream: process.stderr,
    ...(process.stdin.isTTY && { confirm }),
    print: (line) => {
      if (isGone || process.stdout.write(`${printableLines(line)}\n`)) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          process.stdout.off('drain', done).off('error', done);
          resolve();
        };
        process.stdout.once('drain', done).once('error', done);
      });
    },
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
