// Progress of one part of a command: a bar on a terminal, otherwise a line now and then.
import { printable } from '@mainstem/event-store';
import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.js';

const LINE_EVERY_MS = 5_000;
const FORMAT = '  {bar} {percentage} %  {title}: {step}';
const STEPS = 1_000;

export class PartBar {
  #bar: SingleBar | undefined;
  #lastLineAt: number;

  constructor(
    private readonly terminal: Terminal,
    private readonly title: string,
    private readonly now: () => number,
  ) {
    this.#lastLineAt = now();
  }

  /** `share`, from 0 to 1, of the present step. */
  update(share: number, step: string): void {
    const bounded = Math.max(0, Math.min(1, share));
    if (this.terminal.isInteractive) this.#draw(bounded, step);
    else if (this.now() - this.#lastLineAt >= LINE_EVERY_MS) this.#write(bounded, step);
  }

  stop(): void {
    this.#bar?.stop();
  }

  #draw(share: number, step: string): void {
    // A bar writes to the terminal without `say`.
    const values = { title: printable(this.title), step: printable(step) };
    if (!this.#bar) {
      const options = { format: FORMAT, stream: this.terminal.errorStream, hideCursor: true, gracefulExit: false, clearOnComplete: true };
      this.#bar = new SingleBar(options, Presets.shades_classic);
      this.#bar.start(STEPS, 0, values);
    }
    this.#bar.update(Math.round(share * STEPS), values);
  }

  #write(share: number, step: string): void {
    this.#lastLineAt = this.now();
    this.terminal.say(`  ${Math.floor(share * 100)} %  ${this.title}: ${step}`);
  }
}
