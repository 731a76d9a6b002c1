// Imports one run of a document: commands for its parts, and a way through when one of them is refused or was executed before.
import { isCommandRefused, type AppendTurn, type CommandContext, type CommandResult } from '@mainstem/aggregate';
import { commandIdOf, isMainstemError, type DomainEvent } from '@mainstem/event-store';
import { commandFor } from './document-commands.js';
import type { DocumentRun } from './document-runs.js';
import { lineOf, type ImportedEvent } from './imported-event.js';
import type { Reject } from './rejects-file.js';

/** What one run came to. */
export interface RunOutcome {
  added: number;
  alreadyThere: number;
  /** Added lines whose number is not the one of the file, because lines before them were set aside. */
  renumbered: number;
}

export interface RunImportOptions {
  /** Executes a command through its handler. */
  readonly execute: (command: object, context: CommandContext) => Promise<CommandResult>;
  readonly reject: (reject: Reject) => Promise<void>;
  readonly turn: AppendTurn;
  readonly signal: AbortSignal;
}

type Events = readonly [ImportedEvent, ...ImportedEvent[]];

/**
 * One part is one command, whose id comes from its first event: executed before, it adds nothing. A command that is refused is halved
 * until the culprit stands alone and is rejected; the rest of the document goes on. A command that was executed before with fewer events
 * (the file was shorter, or a line was bad then) is followed by one command for each event that is not there yet.
 */
export class RunImport {
  readonly #outcome: RunOutcome = { added: 0, alreadyThere: 0, renumbered: 0 };
  /** Events of this document that commands of an earlier import left, not yet matched with events of the file. */
  readonly #there = new Map<string, number>();

  constructor(private readonly options: RunImportOptions) {}

  /** Errors: those of the store; whatever is wrong with the events themselves is rejected. */
  async import(run: DocumentRun): Promise<RunOutcome> {
    const [first, ...others] = run.parts;
    try {
      // Only a document in one part may let the next one append while its own answer is on the way.
      if (first) await this.#part(first, others.length === 0);
      for (const part of others) await this.#part(part, false);
    } finally {
      this.options.turn.release();
    }
    return this.#outcome;
  }

  async #part(events: readonly ImportedEvent[], isOnly: boolean): Promise<void> {
    const missing = this.#missing(events);
    if (missing.length === events.length) return this.#together(missing, isOnly);
    for (const event of missing) await this.#alone(event);
  }

  async #together(events: readonly ImportedEvent[], isOnly: boolean): Promise<void> {
    const [first, ...rest] = events;
    if (!first) return;
    const result = await this.#execute([first, ...rest], isOnly);
    if (result === 'refused') {
      if (rest.length === 0) return;
      const half = Math.ceil(events.length / 2);
      await this.#together(events.slice(0, half), false);
      return this.#together(events.slice(half), false);
    }
    if (!result.isRepeat) return this.#count(events, result);
    if (result.events.length === events.length) {
      this.#outcome.alreadyThere += events.length;
      return;
    }
    this.#remember(result.events);
    for (const event of this.#missing(events)) await this.#alone(event);
  }

  async #alone(event: ImportedEvent): Promise<void> {
    // An earlier command that began with this event may have brought some of its successors.
    if (this.#missing([event]).length === 0) return;
    const result = await this.#execute([event], false);
    if (result === 'refused') return;
    if (!result.isRepeat) return this.#count([event], result);
    this.#remember(result.events);
    this.#missing([event]);
  }

  async #execute(events: Events, isOnly: boolean): Promise<CommandResult | 'refused'> {
    const { turn, signal, execute, reject } = this.options;
    const [first] = events;
    const appendTurn: AppendTurn = isOnly ? turn : { ready: turn.ready, release: () => undefined };
    const commandId = commandIdOf(`${first.stream}@${first.seq}`);
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

  #remember(events: readonly DomainEvent[]): void {
    for (const { type, data } of events) {
      const fact = factOf(type, data as Readonly<Record<string, unknown>>);
      this.#there.set(fact, (this.#there.get(fact) ?? 0) + 1);
    }
  }

  /** Those of the events that no earlier command has left; each remembered event stands for one of them. */
  #missing(events: readonly ImportedEvent[]): readonly ImportedEvent[] {
    if (this.#there.size === 0) return events;
    return events.filter(({ type, data }) => {
      const fact = factOf(type, data);
      const count = this.#there.get(fact) ?? 0;
      if (count === 0) return true;
      this.#there.set(fact, count - 1);
      this.#outcome.alreadyThere++;
      return false;
    });
  }
}

/** What an event says, without the number that its document gave it. */
const factOf = (type: string, { line: _, ...data }: Readonly<Record<string, unknown>>): string =>
  JSON.stringify([type, Object.entries(data).sort(([left], [right]) => (left < right ? -1 : 1))]);

const REFUSALS = ['COMMAND_INVALID', 'EVENT_STORE_INVALID_EVENT', 'EVENT_STORE_INVALID_INPUT', 'EVENT_STORE_EVENT_TOO_LARGE'] as const;

const isRefusal = (error: unknown): error is Error & { readonly code: string } => isCommandRefused(error) || isMainstemError(error, ...REFUSALS);
