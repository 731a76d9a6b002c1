// The terminal as the commands see it: results on stdout, everything said beside them on stderr.
import { createInterface } from 'node:readline';
import { printableLines } from '@mainstem/event-store';

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

/** The terminal of this process. When the reader of stdout goes away (`mainstem tail | head`), `onGone` is called. */
export const processTerminal = (onGone: () => void): Terminal => {
  let isGone = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isGone = true;
    onGone();
  });
  return {
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
