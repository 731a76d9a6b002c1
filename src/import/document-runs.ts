// Groups the events of a file into runs: consecutive events of one stream, which become commands.
import { LINES_MAX } from '../ledger/document-rules.js';
import { isHeader, lineOf, type ImportedEvent, type LineProblem } from './imported-event.js';
import type { Lines } from './left-events.js';

/** Consecutive events of one stream. A line of the file that was set aside in between separates two parts. */
export interface DocumentRun {
  readonly stream: string;
  readonly parts: readonly Lines[];
}

interface OpenRun {
  readonly stream: string;
  readonly bucket: number;
  readonly parts: [ImportedEvent, ...ImportedEvent[]][];
}

/**
 * Collects runs. Where a run ends depends on the events alone, not on lines that are set aside, so that a file gives the same commands
 * after its bad lines have been repaired: at another stream, at a header, and every `LINES_MAX` lines of a document.
 */
export class DocumentRuns {
  #run: OpenRun | undefined;
  #seq = 0;
  #line: number | undefined;
  #setAside = 0;

  /**
   * Why the event cannot follow on what came before, or undefined: `seq` must rise, lines of a document must follow each other. One that
   * does not still counts as seen, so that it does not make its successors wrong.
   */
  check(event: ImportedEvent): LineProblem | undefined {
    if (event.seq <= this.#seq) return { code: 'IMPORT_SEQ_NOT_RISING', reason: `seq: must be above ${this.#seq}, the one before` };
    const line = lineOf(event);
    const expected = this.#line !== undefined && this.#run?.stream === event.stream ? this.#line + 1 : undefined;
    if (line === undefined || expected === undefined || line === expected) return undefined;
    // Lines that were set aside may have had the numbers between.
    if (line > expected && line - expected <= this.#setAside) return undefined;
    this.#line = line;
    return { code: 'IMPORT_LINE_OUT_OF_ORDER', reason: `data.line: must be ${expected}, the next of its document` };
  }

  /** Takes the next event, one without a problem; returns the run that it ends, if it does. */
  push(event: ImportedEvent): DocumentRun | undefined {
    const line = lineOf(event) ?? 0;
    const bucket = Math.floor(line / LINES_MAX);
    this.#seq = event.seq;
    this.#line = line;
    const run = this.#run;
    if (run && run.stream === event.stream && run.bucket === bucket && !isHeader(event)) {
      if (this.#setAside > 0) run.parts.push([event]);
      else run.parts.at(-1)?.push(event);
      this.#setAside = 0;
      return undefined;
    }
    this.#setAside = 0;
    this.#run = { stream: event.stream, bucket, parts: [[event]] };
    return run;
  }

  /** A line of the file was set aside. */
  skip(): void {
    this.#setAside++;
  }

  /** The last run. */
  end(): DocumentRun | undefined {
    const run = this.#run;
    this.#run = undefined;
    return run;
  }
}
