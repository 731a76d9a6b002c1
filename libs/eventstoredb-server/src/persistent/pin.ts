// What pins a message to a consumer: the stream of its event, or the correlation id.
import { LINK_TYPE, type LogEvent } from '../semantics/log-event.js';
import { originalOf, type ResolvedEvent } from './message.js';

const CORRELATION_ID = '$correlationId';

/** It also works for a link that was not followed or points at nothing. */
export const sourceStreamOf = (resolved: ResolvedEvent): string => {
  const { stream, type, data } = told(resolved);
  if (type !== LINK_TYPE) return stream;
  const text = data.toString();
  return text.slice(text.indexOf('@') + 1);
};

/** The correlation id in its metadata. */
export const correlationOf = (resolved: ResolvedEvent): string | undefined => {
  try {
    const metadata: unknown = JSON.parse(told(resolved).metadata.toString());
    const id: unknown = metadata !== null && typeof metadata === 'object' ? Reflect.get(metadata, CORRELATION_ID) : undefined;
    return typeof id === 'string' ? id : undefined;
  } catch {
    // Metadata may be anything, or empty.
    return undefined;
  }
};

const told = (resolved: ResolvedEvent): LogEvent => resolved.event ?? originalOf(resolved);
