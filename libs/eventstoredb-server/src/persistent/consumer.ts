// One connected consumer: how much it takes, what it has not answered yet, and what it is told.
import type { Message } from './message.js';
import { Timings } from './timings.js';

/** The way to the consumer. */
export interface ConsumerOutlet {
  send(message: Message): void;
  /** False while the consumer does not take what was sent. */
  readonly hasRoom: boolean;
  /** Ends it with this error. */
  drop(error: Error): void;
}

export interface ConsumerOptions {
  readonly outlet: ConsumerOutlet;
  /** Unanswered messages that it takes. */
  readonly slots: number;
  readonly connectionName: string;
  readonly username: string;
  /** Only where the group measures. */
  readonly timings: Timings | undefined;
}

export class Consumer {
  readonly options: ConsumerOptions;
  /** The same id may be under way twice. */
  readonly #unanswered = new Map<string, Message[]>();
  #inFlight = 0;
  #total = 0;
  #reported = 0;

  constructor(options: ConsumerOptions) {
    this.options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get total(): number {
    return this.#total;
  }

  get freeSlots(): number {
    return Math.max(0, this.options.slots - this.#inFlight);
  }

  /** Whether it takes another one now. */
  get isAvailable(): boolean {
    return this.freeSlots > 0 && this.options.outlet.hasRoom;
  }

  push(message: Message): void {
    const { outlet, timings } = this.options;
    const same = this.#unanswered.get(message.id);
    if (same) same.push(message);
    else this.#unanswered.set(message.id, [message]);
    this.#inFlight++;
    this.#total++;
    timings?.begin(message.id);
    outlet.send(message);
  }

  /** What it held of this id. */
  release(id: string): readonly Message[] {
    const released = this.#unanswered.get(id) ?? [];
    this.#unanswered.delete(id);
    this.#inFlight -= released.length;
    this.options.timings?.end(id);
    return released;
  }

  /** All that it has not answered. */
  unanswered(): readonly Message[] {
    return [...this.#unanswered.values()].flat();
  }

  /** Messages since this was asked last. */
  countSinceReport(): number {
    const count = this.#total - this.#reported;
    this.#reported = this.#total;
    return count;
  }
}
