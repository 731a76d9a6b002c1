// A line of the log: for people, or as JSON for programs. Without Nest, for processes that do not use it.
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

/** True if the environment asks for JSON. Read before the settings, which may fail. */
export const wantsJson = (env: Readonly<Record<string, string | undefined>> = process.env): boolean => env['LOG_FORMAT'] === 'json';

/** One object: `time`, `level`, `pid`, and, if present, `context`, `message` and `stack`. */
export const jsonLine = ({ level, context, message, stack }: Line): string =>
  JSON.stringify({
    time: new Date().toISOString(),
    level: LEVEL_NAMES[level].toLowerCase(),
    pid: process.pid,
    ...(context && { context }),
    message,
    ...(typeof stack === 'string' && stack !== '' && { stack }),
  });

/** Time in UTC, level, place, text. Control characters become text; line breaks stay. */
export const textLine = ({ level, context, message }: Line, colour: (name: string) => string = (name) => name): string => {
  const place = context ? ` [${printableLines(context)}]` : '';
  return `${new Date().toISOString()} ${colour(LEVEL_NAMES[level].padEnd(5))}${place} ${printableLines(message)}`;
};

/** What an application says besides its log, such as its address: plain text, or a line of a JSON log. */
export const announce = (text: string, level: 'log' | 'error' = 'log'): void => {
  const line = wantsJson() ? jsonLine({ level, message: text.trim() }) : printableLines(text);
  if (level === 'error') console.error(line);
  else console.log(line);
};
