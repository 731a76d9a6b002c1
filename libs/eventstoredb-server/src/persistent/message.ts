// One event on its way to a consumer.
import type { LogEvent } from '../semantics/log-event.js';
import type { Place } from './source.js';

export interface ResolvedEvent {
  /** Undefined where a link points at nothing that is shown. */
  readonly event: LogEvent | undefined;
  readonly link: LogEvent | undefined;
}

export interface Message extends ResolvedEvent {
  /** By which consumers answer: that of the link, if there is one. */
  readonly id: string;
  /** In the source. Undefined for what was parked and is replayed: it counts for no checkpoint. */
  readonly place: Place | undefined;
  readonly retries: number;
  /** Given when it first leaves the buffer, from 0. */
  readonly sequence: number | undefined;
  /** Of what left the buffer before: where a checkpoint stands as long as this message is unanswered. Undefined for the first one. */
  readonly previousPlace: Place | undefined;
}

/** What stands in the source, or in the stream of parked events: the link, if it was followed. */
export const originalOf = ({ event, link }: ResolvedEvent): LogEvent => {
  const original = link ?? event;
  if (!original) throw new TypeError('A message holds an event or a link.');
  return original;
};

export const newMessage = (resolved: ResolvedEvent, place: Place): Message => ({
  ...resolved,
  id: originalOf(resolved).id,
  place,
  retries: 0,
  sequence: undefined,
  previousPlace: undefined,
});

export const replayedMessage = (resolved: ResolvedEvent): Message => ({
  ...resolved,
  id: originalOf(resolved).id,
  place: undefined,
  retries: 0,
  sequence: undefined,
  previousPlace: undefined,
});

export const retried = (message: Message): Message => ({ ...message, retries: message.retries + 1 });

/** New, and about to leave the buffer for the first time. */
export const isNew = (message: Message): boolean => message.place !== undefined && message.sequence === undefined;
