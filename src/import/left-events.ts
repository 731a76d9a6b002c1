// The events that earlier imports have left of one document, and the lines of the file that they stand for.
import { commandIdOf, instantOf, type DomainEvent } from '@mainstem/event-store';
import type { ImportedEvent } from './imported-event.js';

/** Consecutive lines of a document; at least one. */
export type Lines = readonly [ImportedEvent, ...ImportedEvent[]];

/** The identity of a line: the id of a command that begins with it. */
export const lineIdOf = ({ stream, seq }: Pick<ImportedEvent, 'stream' | 'seq'>): string => commandIdOf(`${stream}@${seq}`);

/**
 * The command's id identifies the line of a command's first event. Later events have no identity: each stands for one
 * line with the same content and time. Which of several equal lines it is does not matter.
 */
export class LeftEvents {
  /** The contents of a command's events, until its first line comes. */
  readonly #commands = new Map<string, string[]>();
  /** How many events have the same content, without first events of commands. */
  readonly #facts = new Map<string, number>();
  #size = 0;

  /** The number of added events. */
  get size(): number {
    return this.#size;
  }

  /** Events are added in the order of their stream. */
  add(commandId: string, { type, data }: DomainEvent, at: string): void {
    const fact = factOf(type, data as Readonly<Record<string, unknown>>, at);
    this.#size++;
    const command = this.#commands.get(commandId);
    if (command) {
      command.push(fact);
      this.#facts.set(fact, (this.#facts.get(fact) ?? 0) + 1);
    } else {
      this.#commands.set(commandId, [fact]);
    }
  }

  /** The lines that are missing, in pieces without a gap. Each stored event stands for one line, once. */
  missing(lines: Lines): readonly Lines[] {
    if (this.#size === 0) return [lines];
    if (this.takeCommand(lines[0].stream, seqsOf(lines))) return [];
    const pieces: [ImportedEvent, ...ImportedEvent[]][] = [];
    let piece: [ImportedEvent, ...ImportedEvent[]] | undefined;
    for (const line of lines) {
      if (this.#take(line)) piece = undefined;
      else if (piece) piece.push(line);
      else pieces.push((piece = [line]));
    }
    return pieces;
  }

  /**
   * True if a command with as many events began with the first line: then these are its lines, even if the file was
   * changed since. A line with its own command is that one; the event in its place stands for an equal line.
   */
  takeCommand(stream: string, seqs: readonly number[]): boolean {
    const [first, ...others] = seqs.map((seq) => lineIdOf({ stream, seq }));
    const facts = first === undefined ? undefined : this.#commands.get(first);
    if (first === undefined || facts?.length !== seqs.length) return false;
    const taken: string[] = [];
    for (const [index, id] of others.entries()) {
      const fact = facts[index + 1];
      if (fact === undefined || this.#commands.has(id)) continue;
      if (!this.#takeFact(fact)) {
        // An equal line has taken one of them.
        for (const given of taken) this.#facts.set(given, (this.#facts.get(given) ?? 0) + 1);
        return false;
      }
      taken.push(fact);
    }
    for (const id of [first, ...others]) this.#commands.delete(id);
    return true;
  }

  #take(line: ImportedEvent): boolean {
    return this.#commands.delete(lineIdOf(line)) || this.#takeFact(factOf(line.type, line.data, line.at));
  }

  #takeFact(fact: string): boolean {
    const count = this.#facts.get(fact) ?? 0;
    if (count > 1) this.#facts.set(fact, count - 1);
    else this.#facts.delete(fact);
    return count > 0;
  }
}

export const seqsOf = (lines: Lines): readonly number[] => lines.map(({ seq }) => seq);

/** The content and time of an event, without its number in the document. */
const factOf = (type: string, { line: _, ...data }: Readonly<Record<string, unknown>>, at: string): string =>
  JSON.stringify([type, instantOf(at)?.getTime() ?? at, Object.entries(data).sort(([left], [right]) => (left < right ? -1 : 1))]);
