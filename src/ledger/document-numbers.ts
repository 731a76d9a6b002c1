// The rule that a document number belongs to one stream only, which no single aggregate can see.
import { CommandRefused, StreamLanes } from '@mainstem/aggregate';
import { streamOf, type EventReader } from '@mainstem/event-store';
import { InjectEventStore } from '@mainstem/nest';
import { Injectable } from '@nestjs/common';
import { DOCUMENT_NO } from './document-rules.js';

export class DocumentNumberTaken extends CommandRefused {
  constructor(
    readonly number: string,
    readonly stream: string,
  ) {
    super('DOCUMENT_NUMBER_TAKEN', `Number ${number} belongs to ${stream} already. Choose another one.`);
  }
}

type Numbered = 'order' | 'stock-adjustment' | 'credit' | 'bad-debt';

const WAITING_MAX = 10_000;

/**
 * Opens documents one at a time for each number, so that of two kinds of document with one number the second is refused. Exact within
 * one process; two processes that open both in the same instant are not seen.
 */
@Injectable()
export class DocumentNumbers {
  readonly #lanes = new StreamLanes(WAITING_MAX);

  constructor(@InjectEventStore() private readonly reader: EventReader) {}

  /**
   * Runs the task if no other kind of document has the number; what is no document number at all is left to the task to refuse.
   * Errors: DOCUMENT_NUMBER_TAKEN, and the task's.
   */
  whileFree<Result>(category: Numbered, number: string, task: () => Promise<Result>): Promise<Result> {
    if (typeof number !== 'string' || !DOCUMENT_NO.test(number)) return task();
    return this.#lanes.run(number, async () => {
      for (const rival of rivalsOf(category, number)) await this.#assertFree(rival, number);
      return task();
    });
  }

  async #assertFree(category: Numbered, number: string): Promise<void> {
    const stream = streamOf(category, number);
    for await (const [event] of this.reader.readStream(stream, { limit: 1 })) if (event) throw new DocumentNumberTaken(number, stream);
  }
}

/** Numbers of credit notes start with C, those of bad debts with A; orders and stock adjustments share the rest. */
const rivalsOf = (category: Numbered, number: string): readonly Numbered[] => {
  const kinds: Numbered[] = ['order', 'stock-adjustment'];
  if (number.startsWith('C')) kinds.push('credit');
  if (number.startsWith('A')) kinds.push('bad-debt');
  return kinds.filter((kind) => kind !== category);
};
