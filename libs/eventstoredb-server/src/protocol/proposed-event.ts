// Checks a proposed event from the wire.
import { MetadataMissing, RequestInvalid } from '../errors.js';
import type { ProposedEvent } from '../semantics/log-event.js';
import type { ProposedMessage } from './messages.js';
import { uuidOf } from './wire.js';

const JSON_CONTENT = 'application/json';
const EMPTY = Buffer.alloc(0);

/** Errors: EVENT_STORE_SERVER_REQUEST_INVALID, EVENT_STORE_SERVER_METADATA_MISSING. */
export const proposedEvent = (message: ProposedMessage): ProposedEvent => {
  const { type, 'content-type': contentType } = message.metadata ?? {};
  const missing = [type === undefined && 'type', contentType === undefined && 'content-type'].filter((name) => name !== false);
  if (type === undefined || contentType === undefined) throw new MetadataMissing(missing);
  const id = uuidOf(message.id);
  if (id === undefined || /^[0-]+$/.test(id)) throw new RequestInvalid('An event needs an id.');
  if (type === '') throw new RequestInvalid('An event needs a type.');
  return { id, type, isJson: contentType === JSON_CONTENT, data: message.data ?? EMPTY, metadata: message.custom_metadata ?? EMPTY };
};
