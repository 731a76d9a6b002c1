// The stream in which a group notes its checkpoint: everything up to there is answered.
import type { Runtime } from '@mainstem/event-store';
import type { EventLog } from '../log/event-log.js';
import { checkpointStreamOf } from '../semantics/own-streams.js';
import { parsePlace, placeText, type Place, type Source } from './source.js';

const TYPE = '$SubscriptionCheckpoint';

export interface GroupStreamContext {
  readonly log: Pick<EventLog, 'append' | 'streamPage' | 'softDelete' | 'resolve'>;
  readonly runtime: Runtime;
  /** Receives failures that no consumer sees. */
  readonly report: (error: unknown) => void;
}

export class CheckpointStream {
  readonly #stream: string;
  readonly #source: Source;
  readonly #context: GroupStreamContext;
  #wanted: Place | undefined;
  #writing: Promise<void> | undefined;

  constructor(key: string, source: Source, context: GroupStreamContext) {
    this.#stream = checkpointStreamOf(key);
    this.#source = source;
    this.#context = context;
  }

  async load(): Promise<Place | undefined> {
    const last = { stream: this.#stream, isBackwards: true, from: Number.MAX_SAFE_INTEGER, limit: 1 };
    const { events } = await this.#context.log.streamPage(last);
    const [event] = events;
    const text: unknown = event?.type === TYPE ? parsed(event.data.toString()) : undefined;
    const place = typeof text === 'string' ? parsePlace(this.#source, text) : undefined;
    return place === 'end' ? undefined : place;
  }

  /** Writes one checkpoint at a time; of those that wait, only the last. */
  note(place: Place): void {
    this.#wanted = place;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when no write is running. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async delete(): Promise<void> {
    await this.settled();
    await this.#context.log.softDelete({ stream: this.#stream, expected: 'any' });
  }

  async #write(): Promise<void> {
    const { log, runtime, report } = this.#context;
    while (this.#wanted !== undefined) {
      const data = Buffer.from(JSON.stringify(placeText(this.#source, this.#wanted)));
      this.#wanted = undefined;
      const event = { id: runtime.uuid(), type: TYPE, isJson: true, data, metadata: Buffer.alloc(0) };
      // The next checkpoint makes up for one that was not written.
      await log.append({ stream: this.#stream, expected: 'any', events: [event] }).catch(report);
    }
  }
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    // Another writer appended it, so it is not a checkpoint.
    return undefined;
  }
};
