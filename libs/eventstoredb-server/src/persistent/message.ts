// One event on its way to a consumer.
import type { LogEvent } from '../semantics/log-event.js';
import type { Place } from './source.js';

export interface ResolvedEvent {
  /** Undefined if a link points at nothing that is shown. */
  readonly event: LogEvent | undefined;
  readonly link: LogEvent | undefined;
}

export interface Message extends ResolvedEvent {
  /** The id that consumers answer with: that of the link, if there is one. */
  readonly id: string;
  /** The place in the source. Undefined for a replayed parked event, which counts for no checkpoint. */
  readonly place: Place | undefined;
  readonly retries: number;
  /** A number from 0, given when the message first leaves the buffer. */
  readonly sequence: number | undefined;
  /** The place of the message before: the checkpoint while this message is unanswered. Undefined for the first one. */
  readonly previousPlace: Place | undefined;
}

/** The event as the source or the parked stream holds it: the link, if it was followed. */
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

/** A new message that is about to leave the buffer for the first time. */
export const isNew = (message: Message): boolean => message.place !== undefined && message.sequence === undefined;
