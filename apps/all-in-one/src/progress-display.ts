// Shows progress as one changing line on a terminal, otherwise as a line from time to time.
import { printable } from '@mainstem/event-store';
import type { Writable } from 'node:stream';

export interface Terminal extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const REDRAW_MS = 200;
const LINE_MS = 5_000;

export class ProgressDisplay {
  #timer: NodeJS.Timeout | undefined;
  #last = '';

  constructor(
    private readonly output: Terminal,
    private readonly line: () => string,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.#show(), this.output.isTTY ? REDRAW_MS : LINE_MS);
    this.#timer.unref();
  }

  /** Shows the last state and ends. */
  end(): void {
    clearInterval(this.#timer);
    this.#show();
    if (this.output.isTTY) this.output.write('\n');
  }

  #show(): void {
    // Reasons contain text of servers and data.
    const line = printable(this.line());
    if (line === this.#last) return;
    this.#last = line;
    // Cut to the width: a wrapped line could not be overwritten.
    if (this.output.isTTY) this.output.write(`\r\u001B[2K${line.slice(0, (this.output.columns ?? 80) - 1)}`);
    else this.output.write(`${line}\n`);
  }
}
