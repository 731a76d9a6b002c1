// The rule that a document number belongs to only one stream, which no single aggregate can check.
import { CommandRefused, StreamLanes, type CommandContext } from '@mainstem/aggregate';
import { streamOf, unlessAborted, type EventReader } from '@mainstem/event-store';
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
/** The longest wait of a command without a signal. */
const WAIT_MAX_MS = 60_000;

/** The commands of this process, by number. */
interface Uses {
  underWay: number;
  ended: number;
}

/**
 * Opens documents with the same number one at a time, so that the second of two kinds with one number is refused. Exact
 * within one process; two processes that open both in the same instant are not noticed.
 */
@Injectable()
export class DocumentNumbers {
  readonly #lanes = new StreamLanes(WAITING_MAX);
  readonly #uses = new Map<string, Uses>();

  constructor(@InjectEventStore() private readonly reader: EventReader) {}

  /**
   * Runs the task if no other kind of document has the number; the task itself refuses an invalid number. It looks the
   * number up while the command waits for its turn, and enters the number's lane only then: in the lane nothing waits
   * for a turn. Errors: DOCUMENT_NUMBER_TAKEN, and the task's.
   */
  async whileFree<Result>(category: Numbered, number: string, context: CommandContext | undefined, task: () => Promise<Result>): Promise<Result> {
    if (typeof number !== 'string' || !DOCUMENT_NO.test(number)) return task();
    const { appendTurn, signal = AbortSignal.timeout(WAIT_MAX_MS) } = context ?? {};
    const uses = this.#begin(number);
    try {
      const before = uses.ended;
      let rival = await this.#rival(category, number, signal);
      if (appendTurn) await unlessAborted(appendTurn.ready, signal, 'waiting for the turn to append');
      return await this.#lanes.run(
        number,
        async () => {
          // Other commands have used the number since: it looks again now that they have ended.
          if (uses.ended !== before) rival = await this.#rival(category, number, signal);
          if (rival !== undefined) throw new DocumentNumberTaken(number, rival);
          return task();
        },
        signal,
      );
    } finally {
      this.#end(number, uses);
    }
  }

  #begin(number: string): Uses {
    const uses = this.#uses.get(number) ?? { underWay: 0, ended: 0 };
    uses.underWay++;
    this.#uses.set(number, uses);
    return uses;
  }

  #end(number: string, uses: Uses): void {
    uses.underWay--;
    uses.ended++;
    if (uses.underWay === 0) this.#uses.delete(number);
  }

  /** The stream of another kind of document that has the number. */
  async #rival(category: Numbered, number: string, signal: AbortSignal): Promise<string | undefined> {
    for (const rival of rivalsOf(category, number)) {
      const stream = streamOf(rival, number);
      for await (const [event] of this.reader.readStream(stream, { limit: 1, signal })) if (event) return stream;
    }
    return undefined;
  }
}

/** Numbers of credit notes start with C, those of bad debts with A; orders and stock adjustments share the rest. */
const rivalsOf = (category: Numbered, number: string): readonly Numbered[] => {
  const kinds: Numbered[] = ['order', 'stock-adjustment'];
  if (number.startsWith('C')) kinds.push('credit');
  if (number.startsWith('A')) kinds.push('bad-debt');
  return kinds.filter((kind) => kind !== category);
};
