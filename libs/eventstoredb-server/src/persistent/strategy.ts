// Decides which consumer gets a message.
import type { Consumer } from './consumer.js';
import type { Message } from './message.js';

/** The consumer for the message; `later`: its own has no room; `full`: none has room. */
export type Choice = Consumer | 'later' | 'full';

export interface Strategy {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  choose(message: Message): Choice;
  /** A message of the consumer is answered or lost. */
  answered(consumer: Consumer, message: Message): void;
}
