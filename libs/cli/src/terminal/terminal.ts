// The terminal as the commands see it: results on stdout, everything said beside them on stderr.
import { printableLines } from '@mainstem/event-store';

export interface Terminal {
  /** Somebody watches: progress may be drawn. */
  readonly isInteractive: boolean;
  /** One line of the result. Resolves when the reader at the other end has room for more. */
  print(line: string): Promise<void>;
  /** One line about what is going on. */
  say(line: string): void;
  readonly errorStream: NodeJS.WritableStream;
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
