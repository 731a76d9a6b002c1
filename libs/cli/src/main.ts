// The mainstem command: takes the arguments apart and runs one command; its answer is the exit code.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMainstemError } from '@mainstem/event-store';
import { CommanderError } from 'commander';
import { keepHeapSmall } from './heap.js';
import { program } from './program.js';
import { stopSignal } from './terminal/stop-signal.js';
import { processTerminal, type ProcessTerminal } from './terminal/terminal.js';

/** Exit code of a command line that cannot be understood. */
export const USAGE = 2;

/** Runs the command line. Never rejects: what goes wrong is said on stderr and shows in the exit code (1, or 2 for a wrong usage). */
export const main = async (args: readonly string[]): Promise<number> => {
  keepHeapSmall();
  const stop = stopSignal();
  const terminal = processTerminal(stop.stop);
  try {
    const result = { code: 0 };
    await program({ terminal, signal: stop.signal, folder: process.cwd(), env: process.env, now: Date.now }, result).parseAsync([...args], {
      from: 'user',
    });
    await nextTurn();
    return sayFailure(terminal) ?? result.code;
  } catch (error) {
    await nextTurn();
    const failed = sayFailure(terminal);
    if (failed !== undefined) return failed;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE; // it has said so itself
    terminal.say(messageOf(error));
    return isUsage(error) ? USAGE : 1;
  } finally {
    stop.dispose();
  }
};

/** What could not be written is told in place of all that follows from it: the command was ended for it. */
const sayFailure = (terminal: ProcessTerminal): number | undefined => {
  const failure = terminal.failure();
  if (failure === undefined) return undefined;
  terminal.say(messageOf(failure));
  return 1;
};

/** A name or value that was mistyped, in the environment as well, must not pass for a result such as `something differs`. */
const isUsage = (error: unknown): boolean => isMainstemError(error, ...USAGE_CODES);

const USAGE_CODES = [
  'CLI_INVALID_ARGUMENT',
  'PROJECTION_UNKNOWN',
  'PROJECTION_AMBIGUOUS',
  'EVENT_STORE_INVALID_INPUT',
  'SETTINGS_INVALID',
  'EVENT_STORE_CONNECTION_SETTINGS_INVALID',
  'READ_STORE_INVALID_OPTIONS',
];

const messageOf = (error: unknown): string => {
  if (!isMainstemError(error)) return `Unexpected: ${error instanceof Error ? error.stack : String(error)}`;
  const hint = HINTS[error.code];
  return `${error.message}${hint === undefined ? '' : ` ${hint}`}\n(${error.code})`;
};

/** What the command line can add to an error of a library. */
const HINTS: Readonly<Record<string, string>> = {
  EVENT_STORE_CANNOT_OPEN: 'An event store comes into being with the first start of the application or the first import; --dir names another folder.',
  READ_STORE_CANNOT_OPEN: 'Read models come into being with the first start of their projector or the first import; --dir names another folder.',
};
