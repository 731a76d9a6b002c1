// The filter for the server. The server accepts only one kind of condition, so it may let unwanted events through.
import type { EventFilter } from '@mainstem/event-store';
import { NOT_SYSTEM, type WireFilter } from './wire/read-request.js';

export const serverFilter = ({ types, streamPrefixes }: EventFilter): WireFilter => {
  if (types && types.length > 0) return { on: 'type', prefixes: types };
  if (streamPrefixes && streamPrefixes.length > 0) return { on: 'stream', prefixes: streamPrefixes };
  return NOT_SYSTEM;
};
