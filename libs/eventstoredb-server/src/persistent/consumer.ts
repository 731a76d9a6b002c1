// One connected consumer: its limit, its unanswered messages, and the messages it gets.
import type { Message } from './message.js';
import { Timings } from './timings.js';

/** The connection to the consumer. */
export interface ConsumerOutlet {
  send(message: Message): void;
  /** False while the consumer does not accept what was sent. */
  readonly hasRoom: boolean;
  /** Ends the connection with this error. */
  drop(error: Error): void;
}

export interface ConsumerOptions {
  readonly outlet: ConsumerOutlet;
  /** The largest number of unanswered messages. */
  readonly slots: number;
  readonly connectionName: string;
  readonly username: string;
  /** Present only if the group measures times. */
  readonly timings: Timings | undefined;
}

export class Consumer {
  readonly options: ConsumerOptions;
  /** One id may be under way twice. */
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

  /** True if it accepts another message now. */
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

  /** Removes and returns its messages of this id. */
  release(id: string): readonly Message[] {
    const released = this.#unanswered.get(id) ?? [];
    this.#unanswered.delete(id);
    this.#inFlight -= released.length;
    this.options.timings?.end(id);
    return released;
  }

  /** All messages that it has not answered. */
  unanswered(): readonly Message[] {
    return [...this.#unanswered.values()].flat();
  }

  /** The number of messages since the last question. */
  countSinceReport(): number {
    const count = this.#total - this.#reported;
    this.#reported = this.#total;
    return count;
  }
}
