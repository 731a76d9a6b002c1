// Which event store this is: an event of its own in a stream of its own, written by whoever comes first.
import { jsonEvent, type EventStoreDBClient } from '@eventstore/db-client';
import type { Incarnation, Runtime } from '@mainstem/event-store';
import { EventStoreFailed } from './errors.js';

/** A type that begins with $ never reaches a handler. */
const TYPE = '$mainstem-incarnation';
const STREAM = 'mainstem-incarnation';

/** Reads the marker, or writes it if there is none. Errors: the client's. */
export const readIncarnation = async (client: EventStoreDBClient, runtime: Runtime): Promise<Incarnation> => {
  const known = await find(client);
  if (known) return known;
  const marker = jsonEvent({ id: runtime.uuid(), type: TYPE, data: { incarnation: runtime.uuid() } });
  try {
    await client.appendToStream(STREAM, [marker], { expectedRevision: 'no_stream' });
  } catch (error) {
    // Another process was first; its marker is the one that counts.
    if (!(error instanceof Error && 'type' in error && error.type === 'wrong-expected-version')) throw error;
  }
  const written = await find(client);
  if (!written) throw new EventStoreFailed('open', `stream ${STREAM} does not say which store this is`);
  return written;
};

const find = async (client: EventStoreDBClient): Promise<Incarnation | undefined> => {
  try {
    let incarnation: unknown;
    for await (const { event } of client.readStream(STREAM, { maxCount: 1 })) {
      incarnation = (event?.data as { readonly incarnation?: unknown } | undefined)?.incarnation;
    }
    return typeof incarnation === 'string' ? (incarnation as Incarnation) : undefined;
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'stream-not-found') return undefined;
    throw error;
  }
};
