// Messages for the specs of this folder.
import type { LogEvent } from '../semantics/log-event.js';
import { newMessage, type Message } from './message.js';
import type { Place } from './source.js';

export const eventAt = (place: Place, stream = 's-1', overrides: Partial<LogEvent> = {}): LogEvent => ({
  id: `${stream}#${place}`,
  type: 'Counted',
  isJson: true,
  data: Buffer.from('{}'),
  metadata: Buffer.alloc(0),
  stream,
  revision: place,
  position: place + 1,
  recordedAtMs: 0,
  ...overrides,
});

export const messageAt = (place: Place, stream?: string): Message => newMessage({ event: eventAt(place, stream), link: undefined }, place);
