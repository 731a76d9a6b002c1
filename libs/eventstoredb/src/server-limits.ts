// What the server accepts in one append: as configured, or less once the server has reported less.
import { InvalidInput, type EventTooLarge, type StoreLimits } from '@mainstem/event-store';
import { appendLimits, type AppendLimits } from '@mainstem/event-store/adapter';
import { ADDED_METADATA_BYTES } from './event-mapping.js';

/** No server before KurrentDB 25.1 accepts more in one write, whatever its settings. */
const APPEND_BYTES_MAX = 16_767_216;
/** The default limit of servers. */
const APPEND_BYTES_DEFAULT = 1_048_576;
const APPEND_EVENTS_DEFAULT = 10_000;

export class ServerLimits {
  #current: StoreLimits;

  /** Without a limit for one event, an event may be as large as an append. Errors: EVENT_STORE_INVALID_INPUT. */
  constructor(given: Partial<AppendLimits> = {}) {
    const eventBytesMax = given.appendBytesMax ?? APPEND_BYTES_DEFAULT;
    const defaults = { appendBytesMax: APPEND_BYTES_DEFAULT, appendEventsMax: APPEND_EVENTS_DEFAULT, eventBytesMax };
    const limits = appendLimits(given, defaults);
    if (limits.appendBytesMax > APPEND_BYTES_MAX) throw new InvalidInput('limits.appendBytesMax', `must be at most ${APPEND_BYTES_MAX}`);
    this.#current = within(limits, limits.appendBytesMax);
  }

  get current(): StoreLimits {
    return this.#current;
  }

  /** The server refused an append within the known limits: its reported limit is used from now on. */
  learn({ bytesMax }: EventTooLarge, isOneEvent: boolean): void {
    if (bytesMax < 1) return;
    const { appendBytesMax, eventBytesMax, ...rest } = this.#current;
    this.#current = within({ ...rest, eventBytesMax, appendBytesMax: isOneEvent ? appendBytesMax : Math.min(appendBytesMax, bytesMax) }, bytesMax);
  }
}

const within = (limits: AppendLimits, eventBytesMax: number): StoreLimits => ({
  ...limits,
  eventBytesMax: Math.min(limits.eventBytesMax, eventBytesMax),
  bytesBeside,
});

/** Servers from 24.10 on count type names as UTF-16, and metadata like the payload; older servers count less. */
const bytesBeside = (type: string): number => 2 * type.length + ADDED_METADATA_BYTES;
