// The application's log: one line a message with time, level and place; for people, or as JSON for programs.
import { isMainstemError, printableLines, type MainstemError } from '@mainstem/event-store';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { inspect } from 'node:util';
import { jsonLine, textLine, type Line } from './log-line.js';

/** The context in which Nest logs errors of the application's creation. */
const NEST_STARTING = 'ExceptionHandler';

export const tellingLine = ({ code, message }: MainstemError): string => `${code}: ${message}`;

export interface ApplicationLoggerOptions {
  /** True: a line is a JSON object: `time`, `level`, `pid`, `context`, `message`, `stack` of errors. Default false. */
  readonly isJson?: boolean;
}

/**
 * Nest's logger, with times in ISO 8601 in UTC, and colours only if both outputs are terminals. Coded errors of a start
 * come without a stack, because a user can mend them. A closed or full output loses lines, but never stops the
 * application.
 */
export class ApplicationLogger extends ConsoleLogger {
  readonly #told = new WeakSet<object>();
  readonly #isJson: boolean;

  constructor({ isJson = false }: ApplicationLoggerOptions = {}) {
    super({ colors: !isJson && process.stdout.isTTY === true && process.stderr.isTTY === true });
    this.#isJson = isJson;
  }

  /** True if this failure of a start was logged, so that it is not reported again. */
  hasTold(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#told.has(error);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    const isOfStart = rest.at(-1) === NEST_STARTING && typeof message === 'object' && message !== null;
    if (isOfStart) this.#told.add(message);
    if (isOfStart && isMainstemError(message)) this.tell(message);
    else super.error(message, ...rest);
  }

  /** An error that ends the process or its start: a known one in one line, others with their stack. */
  tell(error: unknown): void {
    const text = isMainstemError(error) ? tellingLine(error) : inspect(error);
    console.error(this.#isJson ? jsonLine({ level: 'error', message: text }) : printableLines(text));
  }

  protected override printMessages(
    messages: unknown[],
    context = '',
    level: LogLevel = 'log',
    stream: 'stdout' | 'stderr' = 'stdout',
    stack?: unknown,
  ): void {
    for (const message of messages) {
      const text = typeof message === 'string' ? message : inspect(message, { colors: false, depth: 4 });
      const line = this.#isJson ? jsonLine({ level, context, message: text, stack }) : this.#textLine({ level, context, message: text });
      process[stream].write(`${line}\n`);
    }
  }

  protected override printStackTrace(stack: string): void {
    // In JSON the stack is in the line of its message.
    if (stack && !this.#isJson) process.stderr.write(`${printableLines(stack)}\n`);
  }

  #textLine(line: Line): string {
    return textLine(line, (name) => this.colorize(name, line.level));
  }
}

/** A closed pipe or a full disk for the log must not stop the events. Call it once for a process. */
export const ignoreLostOutput = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
};
