// Events of one document that earlier imports have left, and which lines of the file they stand for.
import { commandIdOf, instantOf, type DomainEvent } from '@mainstem/event-store';
import type { ImportedEvent } from './imported-event.js';

/** Lines that follow each other in their document; at least one. */
export type Lines = readonly [ImportedEvent, ...ImportedEvent[]];

/** The identity of a line, which becomes the id of the command that it is the first of. */
export const lineIdOf = ({ stream, seq }: Pick<ImportedEvent, 'stream' | 'seq'>): string => commandIdOf(`${stream}@${seq}`);

/**
 * The first event of a command is known by the command's id: it is that line, and no other. The events after it bear no identity: each stands
 * for one line that says the same at the same time. Which of several equal lines that is makes no difference.
 */
export class LeftEvents {
  /** What the events of each command say whose first line has not come yet. */
  readonly #commands = new Map<string, string[]>();
  /** How many events say the same, without the first ones of commands. */
  readonly #facts = new Map<string, number>();
  #size = 0;

  /** How many events were added. */
  get size(): number {
    return this.#size;
  }

  /** The events are added in the order of their stream. */
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

  /** Those of the lines that are not there, in pieces without a gap. Each event that is there stands for one line, once. */
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
   * Whether a command began with the first line and led to as many events: then these are the lines, also where the file was changed since. A line with a
   * command of its own is that one; what stood in its place stands for an equal line.
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

/** What an event says, and when, without the number that its document gave it. */
const factOf = (type: string, { line: _, ...data }: Readonly<Record<string, unknown>>, at: string): string =>
  JSON.stringify([type, instantOf(at)?.getTime() ?? at, Object.entries(data).sort(([left], [right]) => (left < right ? -1 : 1))]);
