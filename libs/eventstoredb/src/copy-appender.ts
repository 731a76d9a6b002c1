// Appends events of another log in its order, by the means that the server has.
import { CopyGap, CopyOvertaken, isMainstemError, type AppendResult, type EventMark, type RecordedEvent } from '@mainstem/event-store';
import { checkAllRead, copyGroups, type EncodedAppend, type EventCopy } from '@mainstem/event-store/adapter';
import type { EventsAppender } from './events-appender.js';
import type { EventsReader } from './events-reader.js';
import type { ServerLimits } from './server-limits.js';

export interface CopyAppenderOptions {
  readonly reader: EventsReader;
  readonly appender: EventsAppender;
  readonly limits: ServerLimits;
  /** True if the server appends to several streams at once. */
  readonly isTogether: boolean;
}

export class CopyAppender {
  readonly #options: CopyAppenderOptions;

  constructor(options: CopyAppenderOptions) {
    this.#options = options;
  }

  /**
   * One group after the other has been answered: so the server keeps their order, and an interruption leaves a
   * beginning of them. Errors: EVENT_STORE_COPY_OVERTAKEN, EVENT_STORE_COPY_GAP, and those of appends.
   */
  async append(copies: readonly EventCopy[], after: EventMark | undefined): Promise<EventMark> {
    const { limits } = this.#options;
    const end = await this.#end();
    if (end?.id !== after?.id) throw new CopyOvertaken(after?.id);
    let last: AppendResult | undefined;
    for (const group of copyGroups(copies, limits.current)) last = await this.#group(group);
    const { id } = copies.at(-1) as EventCopy;
    if (!last) throw new TypeError('a copy has at least one event');
    return { position: last.position, id };
  }

  async #group(appends: readonly EncodedAppend[]): Promise<AppendResult | undefined> {
    const { appender, isTogether } = this.#options;
    try {
      if (!isTogether || appends.length === 1) return await this.#oneByOne(appends);
      const eventCount = appends.reduce((sum, { events }) => sum + events.length, 0);
      const bytes = appends.reduce((sum, append) => sum + append.bytes, 0);
      return (await appender.appendAll({ appends, eventCount, bytes }, undefined)).results.at(-1);
    } catch (error) {
      if (!isMainstemError(error, 'EVENT_STORE_WRONG_EXPECTED_REVISION')) throw error;
      const { stream } = error as unknown as { readonly stream: string };
      const refused = appends.find((append) => append.stream === stream);
      throw new CopyGap(stream, typeof refused?.expected === 'bigint' ? refused.expected + 1n : 0n);
    }
  }

  async #oneByOne(appends: readonly EncodedAppend[]): Promise<AppendResult | undefined> {
    let last: AppendResult | undefined;
    for (const append of appends) last = await this.#options.appender.append(append, undefined);
    return last;
  }

  async #end(): Promise<RecordedEvent | undefined> {
    for await (const [event] of this.#options.reader.ofAll(checkAllRead({ direction: 'backwards', limit: 1 }), undefined)) return event;
    return undefined;
  }
}
