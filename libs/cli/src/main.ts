// The mainstem command: parses the arguments and runs one command, which returns the exit code.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMainstemError } from '@mainstem/event-store';
import { CommanderError } from 'commander';
import { keepHeapSmall } from './heap.js';
import { applicationHelp } from './application-help.js';
import { program } from './program.js';
import { stopSignal } from './terminal/stop-signal.js';
import { processTerminal, type ProcessTerminal } from './terminal/terminal.js';

/** Exit code for a wrong command line. */
export const USAGE = 2;

/** Runs the command line. Never rejects: errors go to stderr and into the exit code (1, or 2 for wrong usage). */
export const main = async (args: readonly string[]): Promise<number> => {
  keepHeapSmall();
  const stop = stopSignal();
  const terminal = processTerminal(stop.stop);
  try {
    const result = { code: 0 };
    const folder = process.cwd();
    const help = await applicationHelp(args, folder);
    await program({ terminal, signal: stop.signal, folder, env: process.env, now: Date.now, help }, result).parseAsync([...args], { from: 'user' });
    await nextTurn();
    return sayFailure(terminal) ?? result.code;
  } catch (error) {
    await nextTurn();
    const failed = sayFailure(terminal);
    if (failed !== undefined) return failed;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE; // the parser has already reported it
    terminal.say(messageOf(error));
    return isUsage(error) ? USAGE : 1;
  } finally {
    stop.dispose();
  }
};

/** Reports what could not be written, instead of its consequences: the command was ended for that reason. */
const sayFailure = (terminal: ProcessTerminal): number | undefined => {
  const failure = terminal.failure();
  if (failure === undefined) return undefined;
  terminal.say(messageOf(failure));
  return 1;
};

/** A mistyped name or value, also in the environment, must not look like a result such as `something differs`. */
const isUsage = (error: unknown): boolean => isMainstemError(error, ...USAGE_CODES);

const USAGE_CODES = [
  'CLI_INVALID_ARGUMENT',
  // A comparison that did not happen must not look like a difference.
  'CLI_NO_CONTRACT_LOCK',
  'CLI_UNUSABLE_CONTRACT_LOCK',
  'CLI_HISTORY_UNREADABLE',
  'CLI_NOT_COMPARED',
  'CLI_DEPLOY_CONFIG_INVALID',
  'SCHEMATICS_INVALID_REQUEST',
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

/** What the command line adds to an error of a library. */
const HINTS: Readonly<Record<string, string>> = {
  EVENT_STORE_CANNOT_OPEN: 'The first start of the application or the first import creates the event store; --dir names another folder.',
  READ_STORE_CANNOT_OPEN:
    'The first start of the projector or the first import creates the read models; --dir names another folder, and READ_STORE_SQL another schema.',
};
