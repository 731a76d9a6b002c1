// Imports a file of ledger events through the command handlers, in the order of the file.
import { AppendTurns, type CommandResult } from '@mainstem/aggregate';
import { InvalidInput, isMainstemError, systemRuntime, type EventReader, type Runtime } from '@mainstem/event-store';
import { withContext } from '@mainstem/nest';
import type { CommandBus } from '@nestjs/cqrs';
import { resolve } from 'node:path';
import { DocumentRuns, type DocumentRun } from './document-runs.js';
import { EarlierImports } from './earlier-imports.js';
import type { ImportProgress, ImportReport } from './import-report.js';
import { ImportWindow } from './import-window.js';
import { isProblem, parseEvent } from './imported-event.js';
import { RejectsFile } from './rejects-file.js';
import { RunImport, type RunOutcome } from './run-import.js';
import { sourceLines, type SourceLine } from './source-lines.js';

export interface ImportOptions {
  /** NDJSON, plain or gzipped: one event a line. */
  readonly file: string;
  readonly commandBus: Pick<CommandBus, 'execute'>;
  /** The store of the commands, which knows what earlier imports have left. */
  readonly events: Pick<EventReader, 'readStream' | 'head'>;
  /** The file for rejected lines; replaced, and absent if there are none. */
  readonly rejectsFile: string;
  readonly onProgress?: ImportProgress;
  /** Ends the import after the running commands; the report then has `isComplete: false`. */
  readonly signal?: AbortSignal;
  readonly runtime?: Runtime;
}

/** Commands and events that run at a time: enough to share commits, few enough to bound memory. */
const WINDOW = { runsMax: 64, eventsMax: 4_000 } as const;

/**
 * Reads the file once, in constant memory. Each run of consecutive events of one stream becomes one command, executed
 * by the same handlers as over HTTP. Many run at a time, but the events are stored in the order of the file, each with
 * its original time. A repeated import, after an end or an interruption, adds only what is missing. It recognises a
 * line by its stream and `seq`, or by its content and time (see `EarlierImports` for the limit of that). It reads
 * nothing from an empty event store. Otherwise it reads once for each document without a header, and once for each that
 * comes in several pieces.
 *
 * A bad line goes to the rejects file with its line number, reason and code. It is not JSON, not UTF-8, too long, of
 * unknown type or stream, or has a missing or wrong field. Or its `seq` does not rise, its number is out of order in
 * its document, or a rule of the ledger refuses it. The rest of its document goes on: later lines get numbers without a
 * gap, which the report counts as `renumbered`. Without a good header, each line of the document is refused, too. After
 * a repair of the file, another import adds the missing lines at the end of their documents.
 *
 * Errors: IMPORT_FILE_UNREADABLE, IMPORT_REJECTS_UNWRITABLE, EVENT_STORE_INVALID_INPUT, and those of the store;
 * everything imported until then stays.
 */
export const importLedger = async (options: ImportOptions): Promise<ImportReport> => {
  if (resolve(options.file) === resolve(options.rejectsFile)) throw new InvalidInput('rejectsFile', 'must not be the file that is imported');
  const rejects = await RejectsFile.create(options.rejectsFile);
  try {
    return await new LedgerImport(options, rejects).run();
  } finally {
    await rejects.close();
  }
};

class LedgerImport {
  readonly #runtime: Runtime;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #window = new ImportWindow(WINDOW, () => this.#abort.abort());
  readonly #runs = new DocumentRuns();
  readonly #turns = new AppendTurns();
  readonly #totals: RunOutcome = { added: 0, alreadyThere: 0, renumbered: 0 };
  #earlier: EarlierImports | undefined;
  #lines = 0;
  #bytes = 0;

  constructor(
    private readonly options: ImportOptions,
    private readonly rejects: RejectsFile,
  ) {
    this.#runtime = options.runtime ?? systemRuntime;
    this.#signal = options.signal ? AbortSignal.any([options.signal, this.#abort.signal]) : this.#abort.signal;
  }

  async run(): Promise<ImportReport> {
    const started = this.#runtime.monotonic();
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.#read();
    } catch (error) {
      failure = { error };
    }
    await this.#window.drain();
    failure ??= this.#window.failure;
    const isAborted = this.options.signal?.aborted ?? false;
    if (failure && !(isAborted && isMainstemError(failure.error, 'EVENT_STORE_ABORTED'))) throw failure.error;
    return this.#report(!isAborted, (this.#runtime.monotonic() - started) / 1_000);
  }

  async #read(): Promise<void> {
    this.#earlier = await EarlierImports.before(this.options.events, this.#signal);
    try {
      await this.#readLines();
    } catch (error) {
      // What was read is imported, also of an unfinished document.
      if (isMainstemError(error, 'IMPORT_FILE_UNREADABLE')) await this.#import(this.#runs.end());
      throw error;
    }
    if (this.#signal.aborted) return;
    await this.#import(this.#runs.end());
    await this.#window.drain();
    this.options.onProgress?.(this.#bytes, this.#bytes, this.#totals.added + this.#totals.alreadyThere);
  }

  async #readLines(): Promise<void> {
    for await (const { lines, bytesRead, bytesTotal } of sourceLines(this.options.file, this.#signal)) {
      this.#bytes = bytesRead;
      for (const line of lines) {
        if (this.#signal.aborted) return;
        const pending = this.#line(line);
        if (pending) await pending;
      }
      this.options.onProgress?.(bytesRead, bytesTotal, this.#totals.added + this.#totals.alreadyThere);
    }
  }

  /** Mostly returns nothing instead of a promise: a turn of the event loop for each line costs more than parsing. */
  #line({ number, text, problem }: SourceLine): Promise<void> | undefined {
    this.#lines++;
    const parsed = problem ?? parseEvent(text, number);
    const reject = isProblem(parsed) ? parsed : this.#runs.check(parsed);
    if (reject) {
      this.#runs.skip();
      return this.rejects.add({ line: number, ...reject, text });
    }
    const ended = isProblem(parsed) ? undefined : this.#runs.push(parsed);
    return ended && this.#import(ended);
  }

  #import(run: DocumentRun | undefined): Promise<void> | undefined {
    if (!run) return undefined;
    const turn = this.#turns.take();
    const document = this.#earlier?.of(run.stream);
    const events = run.parts.reduce((sum, part) => sum + part.length, 0);
    return this.#window.add(events, async () => {
      const execute = (command: object, context: Parameters<typeof withContext>[1]): Promise<CommandResult> =>
        this.options.commandBus.execute(withContext(command, context) as never);
      const reject = this.rejects.add.bind(this.rejects);
      const outcome = await new RunImport({ execute, reject, turn, document, signal: this.#signal }).import(run);
      this.#totals.added += outcome.added;
      this.#totals.alreadyThere += outcome.alreadyThere;
      this.#totals.renumbered += outcome.renumbered;
    });
  }

  #report(isComplete: boolean, seconds: number): ImportReport {
    const rejectedByCode = Object.fromEntries([...this.rejects.counts].sort(([left], [right]) => (left < right ? -1 : 1)));
    const rejected = Object.values(rejectedByCode).reduce((sum, count) => sum + count, 0);
    const { added, alreadyThere, renumbered } = this.#totals;
    return {
      isComplete,
      lines: this.#lines,
      added,
      alreadyThere,
      rejected,
      rejectedByCode,
      rejectsFile: rejected > 0 ? this.options.rejectsFile : null,
      renumbered,
      bytes: this.#bytes,
      seconds,
      eventsPerSecond: seconds > 0 ? Math.round((added + alreadyThere) / seconds) : 0,
    };
  }
}
