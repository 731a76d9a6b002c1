// Logs what Nest logs, except that a failed start is told like everything else that a user can put right: in one line.
import { isMainstemError, type MainstemError } from '@mainstem/event-store';
import { ConsoleLogger } from '@nestjs/common';

/** Under which Nest logs what an application fails with while it is created. */
const NEST_STARTING = 'ExceptionHandler';

/** The error as users read it: code and message. */
export const tellingLine = ({ code, message }: MainstemError): string => `${code}: ${message}`;

/** Nest's console logger; coded errors of a start come without a stack. */
export class ApplicationLogger extends ConsoleLogger {
  readonly #told = new WeakSet<object>();

  /** Whether this failure of a start has been logged, so that nobody needs to say it again. */
  hasTold(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#told.has(error);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    const isOfStart = rest.at(-1) === NEST_STARTING && typeof message === 'object' && message !== null;
    if (isOfStart) this.#told.add(message);
    if (isOfStart && isMainstemError(message)) console.error(tellingLine(message));
    else super.error(message, ...rest);
  }
}
