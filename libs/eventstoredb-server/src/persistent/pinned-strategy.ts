// All messages of one pin go to one connected consumer: 1,024 buckets, each given to the consumer with the fewest.
import { crc32 } from 'node:zlib';
import type { Consumer } from './consumer.js';
import type { Message } from './message.js';
import type { Choice, Strategy } from './strategy.js';

const BUCKETS = 1_024;

interface Bucket {
  owner: Consumer;
  /** Unanswered messages of this bucket. */
  inFlight: number;
}

export class PinnedStrategy implements Strategy {
  readonly #pinOf: (message: Message) => string;
  readonly #buckets = new Map<number, Bucket>();
  #consumers: readonly Consumer[] = [];

  constructor(pinOf: (message: Message) => string) {
    this.#pinOf = pinOf;
  }

  /** The new consumer takes buckets from those with more than their share, first those with nothing under way. */
  add(consumer: Consumer): void {
    this.#consumers = [...this.#consumers, consumer];
    const share = Math.ceil(this.#buckets.size / this.#consumers.length);
    for (const other of this.#consumers) {
      if (other === consumer) continue;
      const owned = this.#ownedBy(other).toSorted((one, another) => one.inFlight - another.inFlight);
      for (const bucket of owned.slice(0, Math.max(0, owned.length - share))) {
        bucket.owner = consumer;
        bucket.inFlight = 0;
      }
    }
  }

  remove(consumer: Consumer): void {
    this.#consumers = this.#consumers.filter((other) => other !== consumer);
    for (const [number, { owner }] of this.#buckets) if (owner === consumer) this.#buckets.delete(number);
  }

  choose(message: Message): Choice {
    if (!this.#consumers.some(({ isAvailable }) => isAvailable)) return 'full';
    const bucket = this.#bucketOf(message);
    if (!bucket.owner.isAvailable) return 'later';
    bucket.inFlight++;
    return bucket.owner;
  }

  answered(consumer: Consumer, message: Message): void {
    const bucket = this.#buckets.get(this.#numberOf(message));
    if (bucket?.owner === consumer) bucket.inFlight = Math.max(0, bucket.inFlight - 1);
  }

  #bucketOf(message: Message): Bucket {
    const number = this.#numberOf(message);
    const known = this.#buckets.get(number);
    if (known) return known;
    const bucket = { owner: this.#leastBurdened(), inFlight: 0 };
    this.#buckets.set(number, bucket);
    return bucket;
  }

  #leastBurdened(): Consumer {
    const counted = this.#consumers.map((consumer) => ({ consumer, count: this.#ownedBy(consumer).length }));
    const [first] = counted.toSorted((one, other) => one.count - other.count);
    if (!first) throw new TypeError('There is no consumer to choose from.');
    return first.consumer;
  }

  #ownedBy(consumer: Consumer): Bucket[] {
    return [...this.#buckets.values()].filter(({ owner }) => owner === consumer);
  }

  #numberOf(message: Message): number {
    return crc32(this.#pinOf(message)) % BUCKETS;
  }
}
