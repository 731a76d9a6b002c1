// Groups the events of a file into runs: consecutive events of one stream, which become commands.
import { LINES_MAX } from '../ledger/document-rules.js';
import { isHeader, lineOf, type ImportedEvent, type LineProblem } from './imported-event.js';
import type { Lines } from './left-events.js';
import { RecentDocuments } from './recent-documents.js';

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

/** What is known of a document of which something has come. */
interface Progress {
  /** Number of its last line; 0 after its header. */
  line: number;
  /** Lines of the file that had been set aside by then. */
  setAside: number;
}

/** Documents of which the next number is known: the last ones that came up. The first line of any other one may have any number. */
const DOCUMENTS_MAX = 50_000;

/**
 * Collects runs. Where a run ends depends on the events alone, not on lines that are set aside, so that a file gives the same commands
 * after its bad lines have been repaired: at another stream, at a header, and every `LINES_MAX` lines of a document.
 */
export class DocumentRuns {
  readonly #documents: RecentDocuments<Progress>;
  #run: OpenRun | undefined;
  #seq = 0;
  #setAside = 0;
  /** Lines that had been set aside when the last event came. */
  #setAsideBefore = 0;

  constructor(documentsMax = DOCUMENTS_MAX) {
    this.#documents = new RecentDocuments(documentsMax);
  }

  /**
   * Why the event cannot follow on what came before, or undefined: `seq` must rise, lines of a document must follow each other, whatever comes
   * in between. One that does not still counts as seen, so that it does not make its successors wrong.
   */
  check(event: ImportedEvent): LineProblem | undefined {
    if (event.seq <= this.#seq) return { code: 'IMPORT_SEQ_NOT_RISING', reason: `seq: must be above ${this.#seq}, the one before` };
    const line = lineOf(event);
    const progress = line === undefined ? undefined : this.#documents.get(event.stream);
    if (line === undefined || !progress) return undefined;
    const expected = progress.line + 1;
    // Lines that were set aside may have had the numbers between.
    if (line >= expected && line - expected <= this.#setAside - progress.setAside) return undefined;
    progress.line = line;
    // Its own number is known.
    progress.setAside = this.#setAside + 1;
    return { code: 'IMPORT_LINE_OUT_OF_ORDER', reason: `data.line: must be ${expected}, the next of its document` };
  }

  /** Takes the next event, one without a problem; returns the run that it ends, if it does. */
  push(event: ImportedEvent): DocumentRun | undefined {
    const line = lineOf(event) ?? 0;
    const bucket = Math.floor(line / LINES_MAX);
    const isAfterGap = this.#setAside > this.#setAsideBefore;
    this.#seq = event.seq;
    this.#setAsideBefore = this.#setAside;
    this.#note(event.stream, line);
    const run = this.#run;
    if (run && run.stream === event.stream && run.bucket === bucket && !isHeader(event)) {
      if (isAfterGap) run.parts.push([event]);
      else run.parts.at(-1)?.push(event);
      return undefined;
    }
    this.#run = { stream: event.stream, bucket, parts: [[event]] };
    return run;
  }

  #note(stream: string, line: number): void {
    const progress = this.#documents.get(stream);
    if (!progress) return this.#documents.set(stream, { line, setAside: this.#setAside });
    progress.line = line;
    progress.setAside = this.#setAside;
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
