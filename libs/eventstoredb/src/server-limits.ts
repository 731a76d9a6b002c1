// What the server takes in one append: as it was told to us, and less once the server has said that it takes less.
import { appendLimits, InvalidInput, type AppendLimits, type EventTooLarge, type StoreLimits } from '@mainstem/event-store';
import { ADDED_METADATA_BYTES } from './event-mapping.js';

/** No server before KurrentDB 25.1 takes more in one write, whatever it was set to. */
const APPEND_BYTES_MAX = 16_767_216;
/** What servers take unless they were set otherwise. */
const APPEND_BYTES_DEFAULT = 1_048_576;
const APPEND_EVENTS_DEFAULT = 10_000;

export class ServerLimits {
  #current: StoreLimits;

  /** Without a limit for one event, it may be as large as an append. Errors: EVENT_STORE_INVALID_INPUT. */
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

  /** The server has refused what was thought to be within its limits: it takes no more than it says. */
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

/** Servers from 24.10 on count type names as UTF-16, and metadata like the payload; those before count less. */
const bytesBeside = (type: string): number => 2 * type.length + ADDED_METADATA_BYTES;
