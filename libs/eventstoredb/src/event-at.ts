// Reads the event at one position, to check that the log is still the one that was read.
import { EventStoreRestored, type EventMark, type Position } from '@mainstem/event-store';
import type { OpenRead } from './guarded-client.js';
import { readFew } from './read-call.js';
import type { WireEvent } from './wire/wire-event.js';

/** gRPC's number for the server's answer when no event begins at the given position. */
const INVALID_ARGUMENT = 3;

/** An event of any kind, also the server's own; undefined if none begins exactly there. Errors: the client's. */
export const eventAt = async (openRead: OpenRead, position: Position): Promise<WireEvent | undefined> => {
  try {
    // No filter: with one, the server would search for the next wanted event.
    const [event] = await readFew(openRead, { from: position, count: 1 });
    return event && BigInt(event.commit) === position ? event : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === INVALID_ARGUMENT) return undefined;
    throw error;
  }
};

/** Call it before reading on after a lost connection. Errors: EVENT_STORE_RESTORED for another log, the client's. */
export const assertSameLog = async (openRead: OpenRead, operation: string, { position, id }: EventMark): Promise<void> => {
  if ((await eventAt(openRead, position))?.id !== id) throw new EventStoreRestored(operation, position);
};
