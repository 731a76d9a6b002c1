// The event at one place of the whole log: whether the log is still the one that was read.
import { EventStoreRestored, type EventMark, type Position } from '@mainstem/event-store';
import type { OpenRead } from './guarded-client.js';
import { readFew } from './read-call.js';
import type { WireEvent } from './wire/wire-event.js';

/** gRPC's number for what a server says where no event begins at the place that it is asked about. */
const INVALID_ARGUMENT = 3;

/** Of any kind, the server's own included; undefined if none begins exactly there. Errors: the client's. */
export const eventAt = async (openRead: OpenRead, position: Position): Promise<WireEvent | undefined> => {
  try {
    // Without a filter: the server would look through what is not wanted for the next one that is.
    const [event] = await readFew(openRead, { from: position, count: 1 });
    return event && BigInt(event.commit) === position ? event : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === INVALID_ARGUMENT) return undefined;
    throw error;
  }
};

/** To be asked before a reader goes on after a broken connection: what answers now may be another state of the log. Errors: EVENT_STORE_RESTORED, the client's. */
export const assertSameLog = async (openRead: OpenRead, operation: string, { position, id }: EventMark): Promise<void> => {
  if ((await eventAt(openRead, position))?.id !== id) throw new EventStoreRestored(operation, position);
};
