// The stream of links to the events that a group has parked, which wait there for a replay.
import { metastreamOf, METADATA_TYPE } from '../semantics/stream-metadata.js';
import { LINK_TYPE, type LogEvent } from '../semantics/log-event.js';
import { isLink } from '../log/log-reader.js';
import { INT64_MAX } from '../semantics/expected-version.js';
import { parkedStreamOf } from '../semantics/own-streams.js';
import { TOMBSTONE_REVISION } from '../semantics/stream-state.js';
import { windowOf } from '../semantics/stream-window.js';
import type { GroupStreamContext } from './checkpoint-stream.js';
import { originalOf, type ResolvedEvent } from './message.js';

const WRITE_ATTEMPTS_MAX = 5;
const WRITE_RETRY_MS = 200;
const ADMINISTRATORS = '$admins';
const ACCESS = { $r: ADMINISTRATORS, $w: ADMINISTRATORS, $d: ADMINISTRATORS, $mr: ADMINISTRATORS, $mw: ADMINISTRATORS };

export interface ParkedPage {
  readonly events: readonly ResolvedEvent[];
  /** Revision where the next page begins. */
  readonly next: number;
}

export class ParkedStream {
  readonly name: string;
  readonly #context: GroupStreamContext;
  /** Revisions of the first waiting event, of the first visible one, and of the last one. */
  #first = 0;
  #shown = 0;
  #last = -1;

  constructor(key: string, context: GroupStreamContext) {
    this.name = parkedStreamOf(key);
    this.#context = context;
  }

  /** The number of waiting events. */
  get count(): number {
    return Math.max(0, this.#last - this.#first + 1);
  }

  /** Revision of the first waiting event. */
  get first(): number {
    return this.#first;
  }

  /** The revision after the last event. */
  get end(): number {
    return this.#last + 1;
  }

  async load(): Promise<void> {
    const { state } = await this.#page(Number.MAX_SAFE_INTEGER, 1, true);
    this.#last = state.last;
    this.#first = state.metadata.isDeleted ? state.last + 1 : windowOf(state, this.#context.runtime.now()).from;
    this.#shown = this.#first;
  }

  /** The event is durable when this resolves. Errors: those of an append that fails five times. */
  async park(resolved: ResolvedEvent, reason: string): Promise<void> {
    const { log, runtime } = this.#context;
    const { revision } = originalOf(resolved);
    // Default values are left out, as a real server does.
    const metadata = { added: new Date(runtime.now()).toISOString(), reason, ...(revision > 0 && { subscriptionEventNumber: revision }) };
    const link = {
      id: runtime.uuid(),
      type: LINK_TYPE,
      isJson: false,
      data: Buffer.from(linkText(resolved)),
      metadata: Buffer.from(JSON.stringify(metadata, undefined, 2)),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        const outcome = await log.append({ stream: this.name, expected: 'any', events: [link] });
        if (outcome.kind === 'written') this.#last = Math.max(this.#last, outcome.revision);
        return;
      } catch (error) {
        if (attempt === WRITE_ATTEMPTS_MAX) throw error;
        await runtime.sleep(WRITE_RETRY_MS);
      }
    }
  }

  /** The first of the waiting events, with links followed. */
  async read(limit: number): Promise<ParkedPage> {
    const { events, next, isEnd, state } = await this.#page(this.#first, limit, false);
    const resolved = await Promise.all(events.map((event) => this.#resolved(event)));
    return { events: resolved, next: isEnd ? Math.max(next, state.last + 1) : next };
  }

  /** Events before this revision no longer wait. They stay visible until the next call of `truncate`. */
  pass(revision: number): void {
    this.#first = Math.max(this.#first, revision);
  }

  /** Shows only the events that wait. */
  async truncate(): Promise<void> {
    const before = this.#first;
    if (before <= this.#shown) return;
    const { log, runtime } = this.#context;
    const data = Buffer.from(JSON.stringify({ $tb: before, $acl: ACCESS }));
    const event = { id: runtime.uuid(), type: METADATA_TYPE, isJson: true, data, metadata: Buffer.alloc(0) };
    await log.append({ stream: metastreamOf(this.name), expected: 'any', events: [event] });
    this.#shown = before;
  }

  async delete(): Promise<void> {
    await this.#context.log.softDelete({ stream: this.name, expected: 'any' });
  }

  #page(from: number, limit: number, isBackwards: boolean) {
    return this.#context.log.streamPage({ stream: this.name, isBackwards, from, limit });
  }

  async #resolved(event: LogEvent): Promise<ResolvedEvent> {
    return isLink(event) ? { event: await this.#context.log.resolve(event), link: event } : { event, link: undefined };
  }
}

/** A link to the event itself; a link without a visible target is kept unchanged. */
const linkText = ({ event, link }: ResolvedEvent): string => {
  if (!event) return link?.data.toString() ?? '';
  return `${event.revision === TOMBSTONE_REVISION ? INT64_MAX : event.revision}@${event.stream}`;
};
