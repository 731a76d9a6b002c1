// Which consumer gets a message.
import type { Consumer } from './consumer.js';
import type { Message } from './message.js';

/** The consumer that takes the message; `later`: its own has no room; `full`: none has. */
export type Choice = Consumer | 'later' | 'full';

export interface Strategy {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  choose(message: Message): Choice;
  /** A message that the consumer had is answered or lost. */
  answered(consumer: Consumer, message: Message): void;
}
