// The messages that wait for consumers: retries, read messages, and live ones that came during reading.
import type { Message } from './message.js';
import type { Place } from './source.js';

export interface MessageBufferOptions {
  /** The largest number of read messages and retries. */
  readonly sizeMax: number;
  /** The number of newest live messages that it keeps for the change from reading to live. */
  readonly liveMax: number;
}

/** The outcome of an offer. `later`: the message waits for its own consumer. `full`: no consumer accepts any. */
export type Outcome = 'sent' | 'later' | 'full';

export class MessageBuffer {
  readonly #sizeMax: number;
  readonly #liveMax: number;
  #retries: Message[] = [];
  #read: Message[] = [];
  #live: Message[] = [];
  #isLive = false;
  /** The place of the last message taken from the source: each is taken once. */
  #reached: Place;

  /** `from` is the first wanted place. */
  constructor({ sizeMax, liveMax }: MessageBufferOptions, from: Place) {
    this.#sizeMax = sizeMax;
    this.#liveMax = liveMax;
    this.#reached = from - 1;
  }

  /** True: new commits are delivered directly. False while the group reads. */
  get isLive(): boolean {
    return this.#isLive;
  }

  get counts(): { readonly read: number; readonly live: number; readonly retries: number } {
    return { read: this.#read.length, live: this.#live.length, retries: this.#retries.length };
  }

  /** True if all waiting messages have left the buffer before. */
  get isDrained(): boolean {
    return this.#read.length === 0;
  }

  /** The place where reading goes on. */
  get next(): Place {
    return this.#reached + 1;
  }

  canTake(count: number): boolean {
    return this.#sizeMax - this.#read.length - this.#retries.length > count;
  }

  /** Adds a message that was read from the source. Reading ends where it meets the live messages. */
  addRead(message: Message): void {
    if (this.#isLive) return;
    const place = placeOf(message);
    const [first] = this.#live;
    if (first === undefined || place < placeOf(first)) return this.#take(message);
    this.#live = this.#live.filter((live) => placeOf(live) >= place);
    // The kept live messages may begin after this one.
    if (this.#live[0] === undefined || placeOf(this.#live[0]) > place) this.#take(message);
    this.goLive();
  }

  /** Adds a message at its commit. If the buffer is full, the group reads again from this message on. */
  addLive(message: Message): void {
    if (placeOf(message) <= this.#reached) return;
    if (this.#isLive && this.#read.length < this.#sizeMax) this.#take(message);
    else this.#isLive = false;
    this.#live.push(message);
    if (this.#live.length > this.#liveMax) this.#live.shift();
  }

  /** The source was read up to here: earlier events that did not come are not shown. */
  passed(next: Place): void {
    this.#reached = Math.max(this.#reached, next - 1);
  }

  /** The source was read to its end at `next`. The group is live from here, unless `next` has already come. */
  endRead(next: Place): boolean {
    const last = this.#live.at(-1);
    if (last !== undefined && placeOf(last) >= next) return false;
    this.#live = [];
    this.#isLive = true;
    return true;
  }

  /** Ends the reading: from now on only live messages come. */
  goLive(): void {
    for (const message of this.#live) this.#take(message);
    this.#live = [];
    this.#isLive = true;
  }

  /** Inserts retries before later messages of the source; replayed messages come last. */
  addRetry(message: Message): void {
    const { place } = message;
    const before = place === undefined ? -1 : this.#retries.findIndex((other) => other.place !== undefined && place < other.place);
    if (before < 0) this.#retries.push(message);
    else this.#retries.splice(before, 0, message);
  }

  /** Offers each message, in order, until no consumer accepts any. `deliver` returns the message with its new state. */
  drain(deliver: (message: Message) => { readonly outcome: Outcome; readonly message: Message }): void {
    let isFull = false;
    const offer = (waiting: readonly Message[], postpone: (message: Message, now: Message) => void): Message[] => {
      let taken = 0;
      for (const message of waiting) {
        if (isFull) break;
        const offered = deliver(message);
        if (offered.outcome === 'full') isFull = true;
        else {
          taken++;
          if (offered.outcome === 'later') postpone(message, offered.message);
        }
      }
      return waiting.slice(taken);
    };
    const kept: Message[] = [];
    const untried = offer(this.#retries, (message) => kept.push(message));
    this.#retries = [...kept, ...untried];
    this.#read = offer(this.#read, (_message, now) => this.#retries.push(now));
  }

  /** Among the messages that wait for a retry: the one that left the buffer first. */
  lowestRetry(): Message | undefined {
    let lowest: Message | undefined;
    for (const message of this.#retries) {
      if (message.sequence !== undefined && (lowest?.sequence === undefined || message.sequence < lowest.sequence)) lowest = message;
    }
    return lowest;
  }

  #take(message: Message): void {
    const place = placeOf(message);
    if (place <= this.#reached) return;
    this.#reached = place;
    this.#read.push(message);
  }
}

const placeOf = ({ place }: Message): Place => place ?? -1;
