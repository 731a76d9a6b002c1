// Imports one run of a document: commands for its parts, also when one is refused or was executed before.
import { isCommandRefused, type AppendTurn, type CommandContext, type CommandResult } from '@mainstem/aggregate';
import { isMainstemError } from '@mainstem/event-store';
import { commandFor } from './document-commands.js';
import type { DocumentRun } from './document-runs.js';
import type { EarlierDocument } from './earlier-imports.js';
import { isHeader, lineOf, type ImportedEvent } from './imported-event.js';
import { lineIdOf, type Lines } from './left-events.js';
import type { Reject } from './rejects-file.js';

/** The result of one run. */
export interface RunOutcome {
  added: number;
  alreadyThere: number;
  /** Added lines with another number than in the file. */
  renumbered: number;
}

export interface RunImportOptions {
  /** Executes a command through its handler. */
  readonly execute: (command: object, context: CommandContext) => Promise<CommandResult>;
  readonly reject: (reject: Reject) => Promise<void>;
  readonly turn: AppendTurn;
  /** What earlier imports have left of the document, if anything is possible. */
  readonly document: EarlierDocument | undefined;
  readonly signal: AbortSignal;
}

/**
 * One part is one command with an id from its first line; if it was executed before, it adds nothing. What earlier
 * imports have left of the document is read before the first command that could repeat a part of it. That is never
 * needed before a header: if the document exists, the header is a repeat or refused. A refused command is halved until
 * the faulty line stands alone and is rejected; the rest of the document goes on.
 */
export class RunImport {
  readonly #outcome: RunOutcome = { added: 0, alreadyThere: 0, renumbered: 0 };
  #learning: AppendTurn | undefined;

  constructor(private readonly options: RunImportOptions) {}

  /** Errors: those of the store; faulty events are rejected instead. */
  async import(run: DocumentRun): Promise<RunOutcome> {
    const { document, turn } = this.options;
    if (document && !document.isKnown) this.#learning = document.turns.take();
    try {
      await this.#learning?.ready;
      if (document?.isKnown) this.#learning?.release();
      // Only a document in one part may let the next one append before its own answer.
      for (const part of run.parts) await this.#part(part, run.parts.length === 1);
    } finally {
      this.#learning?.release();
      turn.release();
    }
    return this.#outcome;
  }

  async #part(lines: Lines, isOnly: boolean): Promise<void> {
    const { document } = this.options;
    if (!document) return this.#together(lines, isOnly);
    if (!document.isKnown && !isHeader(lines[0])) await this.#look(document);
    const missing = document.missing(lines);
    this.#outcome.alreadyThere += missing.reduce((rest, piece) => rest - piece.length, lines.length);
    for (const piece of missing) await this.#together(piece, isOnly && missing.length === 1);
  }

  async #together(lines: Lines, isOnly: boolean): Promise<void> {
    const { document } = this.options;
    const result = await this.#execute(lines, isOnly);
    if (result === 'refused') return this.#halves(lines);
    if (!result.isRepeat) {
      document?.isNew();
      this.#learning?.release();
      return this.#count(lines, result);
    }
    if (result.events.length === lines.length) {
      document?.isThere(lines);
      this.#outcome.alreadyThere += lines.length;
    } else if (document && !document.isKnown) {
      await this.#look(document);
      await this.#part(lines, false);
    } else {
      // Another import of the file is running: it has taken as many lines, from the first one on.
      const rest = lines.slice(result.events.length);
      this.#outcome.alreadyThere += lines.length - rest.length;
      if (isSome(rest)) await this.#part(rest, false);
    }
  }

  async #halves(lines: Lines): Promise<void> {
    const half = Math.ceil(lines.length / 2);
    if (half === lines.length) return;
    for (const part of [lines.slice(0, half), lines.slice(half)]) if (isSome(part)) await this.#part(part, false);
  }

  async #look(document: EarlierDocument): Promise<void> {
    await document.look(this.options.signal);
    this.#learning?.release();
  }

  async #execute(events: Lines, isOnly: boolean): Promise<CommandResult | 'refused'> {
    const { turn, signal, execute, reject } = this.options;
    const [first] = events;
    const appendTurn: AppendTurn = isOnly ? turn : { ready: turn.ready, release: () => undefined };
    const commandId = lineIdOf(first);
    try {
      return await execute(commandFor(events), { commandId, occurredAt: (index) => events[index]?.at, appendTurn, signal });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (events.length === 1) await reject({ line: first.lineNumber, reason: error.message, code: error.code, text: first.text });
      return 'refused';
    }
  }

  #count(events: readonly ImportedEvent[], result: CommandResult): void {
    this.#outcome.added += result.events.length;
    result.events.forEach(({ data }, index) => {
      const event = events[index];
      if (event && lineOf(event) !== (data as { line?: number }).line) this.#outcome.renumbered++;
    });
  }
}

const isSome = (lines: readonly ImportedEvent[]): lines is Lines => lines.length > 0;

const REFUSALS = ['COMMAND_INVALID', 'EVENT_STORE_INVALID_EVENT', 'EVENT_STORE_INVALID_INPUT', 'EVENT_STORE_EVENT_TOO_LARGE'] as const;

const isRefusal = (error: unknown): error is Error & { readonly code: string } => isCommandRefused(error) || isMainstemError(error, ...REFUSALS);
