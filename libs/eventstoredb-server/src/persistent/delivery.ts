// The consumers of a group and the messages on their way to them.
import type { Consumer } from './consumer.js';
import type { StrategyName } from './group-settings.js';
import type { Outcome } from './message-buffer.js';
import { originalOf, type Message } from './message.js';
import { Outstanding } from './outstanding.js';
import { strategyOf } from './strategies.js';
import type { Strategy } from './strategy.js';

export class Delivery {
  readonly #consumers = new Set<Consumer>();
  readonly #strategy: Strategy;
  readonly #outstanding = new Outstanding();
  #total = 0;

  constructor(strategy: StrategyName) {
    this.#strategy = strategyOf(strategy);
  }

  get consumers(): ReadonlySet<Consumer> {
    return this.#consumers;
  }

  /** The number of messages given out so far. */
  get total(): number {
    return this.#total;
  }

  get unanswered(): number {
    return this.#outstanding.count;
  }

  add(consumer: Consumer): void {
    this.#consumers.add(consumer);
    this.#strategy.add(consumer);
  }

  /** Returns its unanswered messages, in the order of the source. */
  remove(consumer: Consumer): readonly Message[] {
    if (!this.#consumers.delete(consumer)) return [];
    this.#strategy.remove(consumer);
    const lost = consumer.unanswered().toSorted((one, other) => originalOf(one).revision - originalOf(other).revision);
    return lost.flatMap(({ id }) => this.#outstanding.take(id));
  }

  /** Gives the message to a consumer, which must answer by `dueMs` of the monotonic clock. */
  offer(message: Message, dueMs: number): Outcome {
    const choice = this.#strategy.choose(message);
    if (choice === 'full' || choice === 'later') return choice;
    this.#outstanding.begin(message, dueMs);
    this.#total++;
    choice.push(message);
    return 'sent';
  }

  /** Takes the messages of this id away from their consumers and returns them. */
  release(id: string): readonly Message[] {
    this.#releaseConsumers(id);
    return this.#outstanding.take(id);
  }

  /** Takes overdue messages away from their consumers and returns them. */
  releaseDue(nowMs: number): readonly Message[] {
    const due = this.#outstanding.takeDue(nowMs);
    for (const { id } of due) this.#releaseConsumers(id);
    return due;
  }

  /** The message counts as unanswered until `endParking`. */
  beginParking(message: Message): void {
    this.#outstanding.beginParking(message);
  }

  endParking(message: Message): void {
    this.#outstanding.endParking(message);
  }

  /** The unanswered message that was first to leave the buffer. */
  lowest(): Message | undefined {
    return this.#outstanding.lowest();
  }

  #releaseConsumers(id: string): void {
    for (const consumer of this.#consumers) for (const message of consumer.release(id)) this.#strategy.answered(consumer, message);
  }
}
