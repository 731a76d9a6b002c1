// A server of the protocol that stops during appends: clients get UNAVAILABLE, after which they try again, never
// CANCELLED.
import { randomUUID } from 'node:crypto';
import { jsonEvent } from '@eventstore/db-client';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { append, read, startProtocol, WAYS, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { RawProtocol } from './eventstoredb/raw-protocol.js';

const UNAVAILABLE = 14;

const options = { stream_identifier: { stream_name: Buffer.from('a-1') }, any: {} };
const message = () => ({ id: { string: randomUUID() }, metadata: { type: 'A', 'content-type': 'application/json' }, data: Buffer.from('{}') });
const part = (is_final: boolean) => ({ correlation_id: { string: randomUUID() }, options, proposed_messages: [message()], is_final });

describe('a server that stops', () => {
  let fixture: ProtocolFixture;
  let raw: RawProtocol;
  beforeEach(async () => {
    fixture = await startProtocol();
    raw = new RawProtocol(fixture.server.port);
  });
  afterEach(async () => {
    raw.close();
    await fixture.stop();
  });

  const OPEN = [
    ['without a request', 'BatchAppend', [], 0],
    ['between two appends', 'BatchAppend', [part(true)], 1],
    ['in the middle of an append', 'BatchAppend', [part(true), part(false)], 1],
    ['without a request', 'Append', [], 0],
    ['in the middle of its events', 'Append', [{ options }, { proposed_message: message() }], 0],
  ] as const;
  it.each(OPEN)('ends an open call %s (%s) with UNAVAILABLE', async (_, name, requests, answers) => {
    await append(fixture.client, 'b-1', [jsonEvent({ type: 'A', data: {} })], 'any');
    const ending = raw.begin(name, requests);
    // Once another call on the connection is answered, the open one has arrived.
    await raw.read({ stream: { stream_identifier: { stream_name: Buffer.from('b-1') }, start: {} }, count: '1', no_filter: {} });
    await fixture.server.stop();
    expect(await ending).toEqual({ status: UNAVAILABLE, answers });
  });

  it.each(WAYS)('answers each append that is under way, by %s, or tells that it is unavailable; what was answered is there', async (_, way) => {
    const appends = Array.from({ length: 300 }, (_, n) =>
      append(fixture.client, `a-${n % 7}`, [jsonEvent({ type: 'A', data: {} })], 'any', way).then(
        () => 'written',
        (error: { readonly type?: string }) => error.type ?? error,
      ),
    );
    await appends[20];
    await fixture.server.stop();
    const outcomes = await Promise.all(appends);
    expect(new Set(outcomes)).toEqual(new Set(outcomes.includes('unavailable') ? ['written', 'unavailable'] : ['written']));
    const again = await EventStoreDbServer.start({ dir: fixture.dir, port: fixture.server.port });
    const found = await Promise.all(Array.from({ length: 7 }, (_, n) => read(fixture.client, `a-${n}`)));
    expect(found.flat().length).toBeGreaterThanOrEqual(outcomes.filter((outcome) => outcome === 'written').length);
    await again.stop();
  });
});
