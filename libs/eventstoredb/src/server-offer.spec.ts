// Whether a server offers appends to several streams, whatever stands between it and the client.
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { OpenCall } from './guarded-client.js';
import { offersAppendAll } from './server-offer.js';

/** A call that ends as it is told. */
const answering = (end: (call: EventEmitter) => void): OpenCall => {
  const call = Object.assign(new EventEmitter(), { end: () => setImmediate(() => end(call)) });
  return (async () => call) as unknown as OpenCall;
};
const failing = (code: number): OpenCall => answering((call) => call.emit('error', Object.assign(new Error('refused'), { code })));

it('is known by a call that ends without an error', async () => {
  expect(await offersAppendAll(answering((call) => call.emit('end')))).toBe(true);
});

it.each([12, 13, 1, 2, 16])('is denied by any answer that is no broken connection: status %i', async (code) => {
  expect(await offersAppendAll(failing(code))).toBe(false);
});

it('is not known while the connection fails', async () => {
  await expect(offersAppendAll(failing(14))).rejects.toMatchObject({ code: 14 });
});
