// Unanswered messages with their due times. A message counts as unanswered until it is durably parked.
import type { Message } from './message.js';

interface Entry {
  readonly message: Message;
  /** A time of the monotonic clock. */
  readonly dueMs: number;
}

export class Outstanding {
  /** In the order of delivery, which is the order of due times. One id may be under way twice. */
  readonly #entries = new Map<string, Entry[]>();
  readonly #parking = new Set<Message>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  begin(message: Message, dueMs: number): void {
    const entries = this.#entries.get(message.id);
    const entry = { message, dueMs };
    if (entries) entries.push(entry);
    else this.#entries.set(message.id, [entry]);
    this.#count++;
  }

  /** Removes and returns all messages of this id: they are answered, or lost. */
  take(id: string): readonly Message[] {
    const entries = this.#entries.get(id) ?? [];
    this.#entries.delete(id);
    this.#count -= entries.length;
    return entries.map(({ message }) => message);
  }

  /** Removes and returns the overdue messages. */
  takeDue(nowMs: number): readonly Message[] {
    const due: Message[] = [];
    for (const [id, [first]] of this.#entries) {
      // All messages have the same time limit: later ones are due later.
      if (first === undefined || first.dueMs > nowMs) break;
      due.push(...this.take(id));
    }
    return due;
  }

  beginParking(message: Message): void {
    this.#parking.add(message);
  }

  endParking(message: Message): void {
    this.#parking.delete(message);
  }

  /** The unanswered message that left the buffer first; undefined if none counts. */
  lowest(): Message | undefined {
    let lowest: Message | undefined;
    const consider = (message: Message): void => {
      if (message.sequence !== undefined && (lowest?.sequence === undefined || message.sequence < lowest.sequence)) lowest = message;
    };
    for (const entries of this.#entries.values()) for (const { message } of entries) consider(message);
    for (const message of this.#parking) consider(message);
    return lowest;
  }
}
