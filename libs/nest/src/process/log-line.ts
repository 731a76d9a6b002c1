// A line of the log: for people, or as JSON for programs. Without Nest, for processes that do without it.
import { printableLines } from '@mainstem/event-store';

export type LineLevel = 'log' | 'error' | 'warn' | 'debug' | 'verbose' | 'fatal';

export interface Line {
  readonly level: LineLevel;
  readonly context?: string;
  readonly message: string;
  readonly stack?: unknown;
}

export const LEVEL_NAMES: Readonly<Record<LineLevel, string>> = {
  log: 'INFO',
  error: 'ERROR',
  warn: 'WARN',
  debug: 'DEBUG',
  verbose: 'TRACE',
  fatal: 'FATAL',
};

/** Whether the environment asks for JSON. Known before settings are read, since reading them may fail. */
export const wantsJson = (env: Readonly<Record<string, string | undefined>> = process.env): boolean => env['LOG_FORMAT'] === 'json';

/** One object: `time`, `level`, `pid`, and as far as there are `context`, `message` and `stack`. */
export const jsonLine = ({ level, context, message, stack }: Line): string =>
  JSON.stringify({
    time: new Date().toISOString(),
    level: LEVEL_NAMES[level].toLowerCase(),
    pid: process.pid,
    ...(context && { context }),
    message,
    ...(typeof stack === 'string' && stack !== '' && { stack }),
  });

/** Time in UTC, level, place, text. What a text would do to a terminal is shown instead; its lines stay lines. */
export const textLine = ({ level, context, message }: Line, colour: (name: string) => string = (name) => name): string => {
  const place = context ? ` [${printableLines(context)}]` : '';
  return `${new Date().toISOString()} ${colour(LEVEL_NAMES[level].padEnd(5))}${place} ${printableLines(message)}`;
};

/** What an application says of itself beside its log, such as where it listens: as it is, or as a line of a log in JSON. */
export const announce = (text: string, level: 'log' | 'error' = 'log'): void => {
  const line = wantsJson() ? jsonLine({ level, message: text.trim() }) : printableLines(text);
  if (level === 'error') console.error(line);
  else console.log(line);
};
