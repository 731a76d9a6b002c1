// Progress of an import: a bar with rate and remaining time on a terminal, otherwise a line now and then.
import { Presets, SingleBar } from 'cli-progress';
import type { ImportProgress } from '../application.js';
import { printable } from '@mainstem/event-store';
import { count, duration } from '../format/amounts.js';
import type { Terminal } from './terminal.js';

const LINE_EVERY_MS = 5_000;
const FORMAT = '  {bar} {percentage} %  {events} events  {rate}/s  {left} left{trouble}';

export class ImportBar {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #startedAt: number;
  #bar: SingleBar | undefined;
  #lastLineAt: number;

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#now = now;
    this.#startedAt = now();
    this.#lastLineAt = this.#startedAt;
  }

  update(progress: ImportProgress): void {
    if (this.#terminal.isInteractive) this.#draw(progress);
    else if (this.#now() - this.#lastLineAt >= LINE_EVERY_MS) this.#write(progress);
  }

  stop(): void {
    this.#bar?.stop();
  }

  #draw(progress: ImportProgress): void {
    const values = describe(progress, this.#now() - this.#startedAt);
    if (!this.#bar) {
      const stream = this.#terminal.errorStream;
      this.#bar = new SingleBar({ format: FORMAT, stream, hideCursor: true, gracefulExit: false }, Presets.shades_classic);
      this.#bar.start(progress.bytesTotal, 0, values);
    }
    this.#bar.update(progress.bytesRead, values);
  }

  #write(progress: ImportProgress): void {
    this.#lastLineAt = this.#now();
    const { events, rate, left, percent } = describe(progress, this.#now() - this.#startedAt);
    const { waitsFor } = progress;
    if (waitsFor === undefined) this.#terminal.say(`  ${percent} %  ${events} events  ${rate}/s  ${left} left`);
    else this.#terminal.say(`  no progress at ${events} events: ${waitsFor}`);
  }
}

/** The figures of a progress line; rate and remaining time are averages since the start. */
export const describe = (
  { events, bytesRead, bytesTotal, waitsFor }: ImportProgress,
  elapsedMs: number,
): { readonly events: string; readonly rate: string; readonly left: string; readonly percent: number; readonly trouble: string } => {
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesRead / bytesTotal);
  return {
    events: count(events),
    rate: count(elapsedMs > 0 ? Math.round((events / elapsedMs) * 1000) : 0),
    left: share > 0 ? duration((elapsedMs / share) * (1 - share)) : '?',
    percent: Math.floor(share * 100),
    // A bar writes to the terminal without `say`.
    trouble: waitsFor === undefined ? '' : printable(`  no progress: ${waitsFor}`),
  };
};
