// Replays parked messages. Each stays in its stream until it is answered, so a killed server still has it parked.
import { originalOf, replayedMessage, type Message } from './message.js';
import type { ParkedStream } from './parked-stream.js';

export interface ReplaysOptions {
  readonly parked: ParkedStream;
  /** The number of events in one read. */
  readonly batchSize: number;
  /** Receives a message to give out. */
  readonly give: (message: Message) => void;
  /** Resolves with true when there is room for more, with false when the group has ended. */
  readonly hasRoom: () => Promise<boolean>;
  readonly report: (error: unknown) => void;
}

export class Replays {
  readonly #options: ReplaysOptions;
  /** Ids of the links that were given out. */
  readonly #unanswered = new Set<string>();
  #reading: Promise<void> | undefined;
  #isClosed = false;
  #truncating: Promise<void> = Promise.resolve();

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /** True while parked messages are being read. */
  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** Gives out the parked messages before revision `stopAt`. Does nothing while a replay is running. */
  begin(stopAt: number | undefined): void {
    this.#reading ??= this.#read(stopAt)
      .catch(this.#options.report)
      .finally(() => {
        this.#reading = undefined;
        this.#truncateIfAnswered();
      });
  }

  /** The message needs no more tries: it was acknowledged, skipped or parked again. */
  answered({ id, place }: Message): void {
    if (place === undefined && this.#unanswered.delete(id)) this.#truncateIfAnswered();
  }

  /** Afterwards nothing is read or written. Unanswered messages stay parked. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading;
    await this.#truncating;
  }

  async #read(stopAt: number | undefined): Promise<void> {
    const { parked, batchSize, give, hasRoom } = this.#options;
    const stop = Math.min(stopAt ?? parked.end, parked.end);
    while (parked.first < stop && (await hasRoom())) {
      const page = await parked.read(Math.min(stop - parked.first, Math.max(batchSize, 1)));
      for (const resolved of page.events) {
        // A link without a visible target cannot be tried.
        if (originalOf(resolved).revision >= stop || !resolved.event) continue;
        const message = replayedMessage(resolved);
        this.#unanswered.add(message.id);
        give(message);
      }
      parked.pass(Math.min(page.next, stop));
    }
  }

  #truncateIfAnswered(): void {
    const { parked, report } = this.#options;
    if (this.#isClosed || this.#reading || this.#unanswered.size > 0) return;
    this.#truncating = this.#truncating.then(() => parked.truncate()).catch(report);
  }
}
