// Groups the events of a file into runs, which are consecutive events of one stream and become commands.
import { LINES_MAX } from '../ledger/document-rules.js';
import { isHeader, lineOf, type ImportedEvent, type LineProblem } from './imported-event.js';
import type { Lines } from './left-events.js';
import { RecentDocuments } from './recent-documents.js';

/** Consecutive events of one stream. A rejected line of the file separates two parts. */
export interface DocumentRun {
  readonly stream: string;
  readonly parts: readonly Lines[];
}

interface OpenRun {
  readonly stream: string;
  readonly bucket: number;
  readonly parts: [ImportedEvent, ...ImportedEvent[]][];
}

/** What is known of a document that has occurred. */
interface Progress {
  /** Number of its last line; 0 after its header. */
  line: number;
  /** The number of rejected lines of the file by then. */
  setAside: number;
}

/** The last documents, whose next number is known. In any other document the first line may have any number. */
const DOCUMENTS_MAX = 50_000;

/**
 * Collects runs. The events alone decide where a run ends, not rejected lines: at another stream, at a header, and
 * after every `LINES_MAX` lines of a document. So a file gives the same commands after its bad lines have been
 * repaired.
 */
export class DocumentRuns {
  readonly #documents: RecentDocuments<Progress>;
  #run: OpenRun | undefined;
  #seq = 0;
  #setAside = 0;
  /** The number of rejected lines at the last event. */
  #setAsideBefore = 0;

  constructor(documentsMax = DOCUMENTS_MAX) {
    this.#documents = new RecentDocuments(documentsMax);
  }

  /**
   * Why the event cannot follow the earlier ones, or undefined. `seq` must rise, and lines of a document must follow
   * each other, whatever comes between. A wrong line also counts as seen, so that its successors are not wrong, too.
   */
  check(event: ImportedEvent): LineProblem | undefined {
    if (event.seq <= this.#seq) return { code: 'IMPORT_SEQ_NOT_RISING', reason: `seq: must be above ${this.#seq}, the one before` };
    const line = lineOf(event);
    const progress = line === undefined ? undefined : this.#documents.get(event.stream);
    if (line === undefined || !progress) return undefined;
    const expected = progress.line + 1;
    // Rejected lines may have had the numbers between.
    if (line >= expected && line - expected <= this.#setAside - progress.setAside) return undefined;
    progress.line = line;
    // Its own number is known.
    progress.setAside = this.#setAside + 1;
    return { code: 'IMPORT_LINE_OUT_OF_ORDER', reason: `data.line: must be ${expected}, the next of its document` };
  }

  /** Takes a valid event; returns the run that it ends, if any. */
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

  /** A line of the file was rejected. */
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
