// What was parked is tried again. It stays in its stream until it is answered, so that a server that is killed meanwhile has it parked as before.
import { originalOf, replayedMessage, type Message } from './message.js';
import type { ParkedStream } from './parked-stream.js';

export interface ReplaysOptions {
  readonly parked: ParkedStream;
  /** Read at once. */
  readonly batchSize: number;
  /** Takes a message that is to be given out. */
  readonly give: (message: Message) => void;
  /** Resolves when more can be given; false when nothing will be any more. */
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

  /** Whether parked messages are being read. */
  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** Gives out what is parked, up to the revision `stopAt`, exclusive. Nothing if that is under way. */
  begin(stopAt: number | undefined): void {
    this.#reading ??= this.#read(stopAt)
      .catch(this.#options.report)
      .finally(() => {
        this.#reading = undefined;
        this.#truncateIfAnswered();
      });
  }

  /** The message needs no more tries: it was acknowledged or skipped, or is parked again. */
  answered({ id, place }: Message): void {
    if (place === undefined && this.#unanswered.delete(id)) this.#truncateIfAnswered();
  }

  /** Nothing is read or written afterwards. What is not answered by then stays parked. */
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
        // What a link does not lead to any more cannot be tried.
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
