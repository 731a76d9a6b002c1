// What waits for consumers: what is tried again, what was read, and what came live while the group was still reading.
import type { Message } from './message.js';
import type { Place } from './source.js';

export interface MessageBufferOptions {
  /** Messages that it holds, read or retried. */
  readonly sizeMax: number;
  /** Of those that came last, so many are kept for the change from reading to live. */
  readonly liveMax: number;
}

/** How a message left. `later`: it stays for another consumer, behind what is tried again. `full`: nobody takes any. */
export type Outcome = 'sent' | 'later' | 'full';

export class MessageBuffer {
  readonly #sizeMax: number;
  readonly #liveMax: number;
  #retries: Message[] = [];
  #read: Message[] = [];
  #live: Message[] = [];
  #isLive = false;
  /** Of the last message that was taken from the source: each goes in once. */
  #reached: Place;

  /** `from` is the first place that is wanted. */
  constructor({ sizeMax, liveMax }: MessageBufferOptions, from: Place) {
    this.#sizeMax = sizeMax;
    this.#liveMax = liveMax;
    this.#reached = from - 1;
  }

  /** What comes is delivered as it comes; false while the group reads. */
  get isLive(): boolean {
    return this.#isLive;
  }

  get counts(): { readonly read: number; readonly live: number; readonly retries: number } {
    return { read: this.#read.length, live: this.#live.length, retries: this.#retries.length };
  }

  /** Nothing waits that has not left before. */
  get isDrained(): boolean {
    return this.#read.length === 0;
  }

  /** Where to read on. */
  get next(): Place {
    return this.#reached + 1;
  }

  canTake(count: number): boolean {
    return this.#sizeMax - this.#read.length - this.#retries.length > count;
  }

  /** From a read of the source. It ends the reading where it meets what came live. */
  addRead(message: Message): void {
    if (this.#isLive) return;
    const place = placeOf(message);
    const [first] = this.#live;
    if (first === undefined || place < placeOf(first)) return this.#take(message);
    this.#live = this.#live.filter((live) => placeOf(live) >= place);
    // What came live may begin behind this message, if it was not kept.
    if (this.#live[0] === undefined || placeOf(this.#live[0]) > place) this.#take(message);
    this.goLive();
  }

  /** As it is committed. A full buffer makes the group read again, from this message on. */
  addLive(message: Message): void {
    if (placeOf(message) <= this.#reached) return;
    if (this.#isLive && this.#read.length < this.#sizeMax) this.#take(message);
    else this.#isLive = false;
    this.#live.push(message);
    if (this.#live.length > this.#liveMax) this.#live.shift();
  }

  /** The source was read up to here: what lies before and did not come is not shown. */
  passed(next: Place): void {
    this.#reached = Math.max(this.#reached, next - 1);
  }

  /** The source was read to its end, where `next` comes next: live from here, unless that has come meanwhile. */
  endRead(next: Place): boolean {
    const last = this.#live.at(-1);
    if (last !== undefined && placeOf(last) >= next) return false;
    this.#live = [];
    this.#isLive = true;
    return true;
  }

  /** Ends reading: what came live is all that comes. */
  goLive(): void {
    for (const message of this.#live) this.#take(message);
    this.#live = [];
    this.#isLive = true;
  }

  /** Before those that stand behind it in the source; what is replayed comes last. */
  addRetry(message: Message): void {
    const { place } = message;
    const before = place === undefined ? -1 : this.#retries.findIndex((other) => other.place !== undefined && place < other.place);
    if (before < 0) this.#retries.push(message);
    else this.#retries.splice(before, 0, message);
  }

  /** Offers each message, in order, until nobody takes any more. `deliver` gives back the message as it is now. */
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

  /** Of the messages that wait for another try, the one that left the buffer first. */
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
