// The identity of an event store: an event in a stream of its own, written by the first process that connects.
import type { EventId, Incarnation, Runtime } from '@mainstem/event-store';
import { AppendCall } from './append-call.js';
import type { HeldClient } from './client-holder.js';
import { EventStoreFailed } from './errors.js';
import type { OpenCall, OpenRead } from './guarded-client.js';
import { readFew } from './read-call.js';
import { recordedEvent } from './recorded-event.js';
import { encodeAppend, withCorrelation } from './wire/append-request.js';

/** A type that begins with $ never reaches a handler. */
const TYPE = '$mainstem-incarnation';
const STREAM = 'mainstem-incarnation';

/** Reads the marker, or writes it if there is none. Errors: the client's. */
export const readIncarnation = async ({ openRead, openCall }: HeldClient, runtime: Runtime, answerMs: number): Promise<Incarnation> => {
  const known = await find(openRead);
  if (known) return known;
  const dataJson = JSON.stringify({ incarnation: runtime.uuid() });
  const events = [{ id: runtime.uuid() as EventId, type: TYPE, dataJson, metadataJson: '{}' }];
  const [marker = Buffer.alloc(0)] = encodeAppend({ stream: STREAM, expected: 'no-stream', events, metadata: ['{}'] }, answerMs);
  // Another process may have been first; its marker counts.
  await sendOnce(openCall, withCorrelation(marker, runtime.uuid()));
  const written = await find(openRead);
  if (!written) throw new EventStoreFailed('open', `stream ${STREAM} does not hold the identity of the store`);
  return written;
};

/** Asks for something small, to see whether the server answers. Errors: the client's. */
export const askMarker = async (openRead: OpenRead): Promise<void> => {
  await readFew(openRead, { stream: STREAM, from: 'start', count: 1 });
};

/** Resolves with any answer except a failure. */
const sendOnce = async (openCall: OpenCall, message: Buffer): Promise<void> => {
  const call = await AppendCall.open(openCall, ({ refusal }) => call.fail(refusal?.type === 'wrong-expected-version' ? undefined : refusal));
  call.send(message);
  const failure = await call.ended;
  if (failure !== undefined) throw failure;
};

const find = async (openRead: OpenRead): Promise<Incarnation | undefined> => {
  const [event] = await readFew(openRead, { stream: STREAM, from: 'start', count: 1 });
  const incarnation = event && (recordedEvent(event).data as { readonly incarnation?: unknown }).incarnation;
  return typeof incarnation === 'string' ? (incarnation as Incarnation) : undefined;
};
