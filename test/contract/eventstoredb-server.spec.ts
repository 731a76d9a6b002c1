// The server of EventStoreDB's protocol besides its semantics: access, omissions, discovery, and its shared folder.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { eventId, revision, streamName } from '@mainstem/event-store';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../fixtures/certificate.js';
import { append, errorType, events, read, revisions, startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { RawProtocol } from './eventstoredb/raw-protocol.js';

describe('a server of the protocol', () => {
  let fixture: ProtocolFixture;
  let raw: RawProtocol;
  beforeEach(async () => {
    fixture = await startProtocol({ healthPort: 0 });
    raw = new RawProtocol(fixture.server.port);
  });
  afterEach(async () => {
    raw.close();
    await fixture.stop();
  });

  it('is found by discovery as the living leader', async () => {
    const client = EventStoreDBClient.connectionString(`esdb+discover://127.0.0.1:${fixture.server.port}?tls=false&nodePreference=leader`);
    expect(await append(client, 'a-1', events(1), 'no_stream')).toMatchObject({ success: true });
    await client.dispose();
  });

  it('is found among several addresses of which some are dead', async () => {
    const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:1,127.0.0.1:${fixture.server.port}?tls=false`);
    expect(await append(client, 'a-1', events(1), 'no_stream')).toMatchObject({ success: true });
    await client.dispose();
  });

  it('says over HTTP that it lives', async () => {
    const answer = (path: string) => fetch(`http://127.0.0.1:${fixture.server.healthPort}${path}`).then(({ status }) => status);
    expect([await answer('/health/live'), await answer('/other')]).toEqual([204, 404]);
  });

  it('says over HTTP whether it can serve, and where the log ends', async () => {
    const answer = (path: string) => fetch(`http://127.0.0.1:${fixture.server.healthPort}${path}`).then((response) => response.json());
    expect(await answer('/health/ready')).toEqual({ status: 'ready', reasons: [] });
    expect(await answer('/health/progress')).toEqual({ 'event store': { head: expect.stringMatching(/^\d+$/) } });
  });

  it.each(['projections.Projections/Create', 'users.Users/Create', 'operations.Operations/Shutdown'])(
    'answers UNIMPLEMENTED to %s',
    async (method) => {
      expect(await raw.statusOf(`/event_store.client.${method}`)).toBe(12);
    },
  );

  it('puts the parts of an append together, interleaved with others, and answers each append once', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const part = (correlation: string, stream: string | undefined, count: number, is_final: boolean) => ({
      correlation_id: { string: correlation },
      ...(stream && { options: { stream_identifier: { stream_name: Buffer.from(stream) }, no_stream: {} } }),
      proposed_messages: Array.from({ length: count }, () => ({
        id: { string: randomUUID() },
        metadata: { type: 'Part', 'content-type': 'application/json' },
        data: Buffer.from('{}'),
      })),
      is_final,
    });
    const answers = await raw.batchAppend([
      part(one, 'one-1', 2, false),
      part(two, 'two-1', 1, false),
      part(one, undefined, 3, false),
      part(two, undefined, 1, true),
      part(one, undefined, 1, true),
    ]);
    const told = answers.map((answer) => [
      (answer['correlation_id'] as { string: string }).string,
      (answer['success'] as { current_revision: string }).current_revision,
    ]);
    expect(Object.fromEntries(told)).toEqual({ [one]: '5', [two]: '1' });
    expect(told).toHaveLength(2);
    expect(await revisions(fixture.client, 'one-1')).toHaveLength(6);
  });

  it('answers an append without options, type, content type, id or stream with a refusal, and writes nothing', async () => {
    const options = { stream_identifier: { stream_name: Buffer.from('a-1') }, any: {} };
    const message = { id: { string: randomUUID() }, metadata: { type: 'A', 'content-type': 'application/json' }, data: Buffer.from('{}') };
    const flawed = [
      { proposed_messages: [message] },
      { options: { any: {} }, proposed_messages: [message] },
      { options: { stream_identifier: options.stream_identifier }, proposed_messages: [message] },
      { options, proposed_messages: [{ ...message, id: {} }] },
      { options, proposed_messages: [message, { ...message, metadata: { type: '', 'content-type': 'application/json' } }] },
      { options, proposed_messages: [{ ...message, metadata: { type: 'A' } }] },
      { options, proposed_messages: [{ ...message, metadata: { 'content-type': 'application/json' } }] },
    ].map((request) => ({ ...request, correlation_id: { string: randomUUID() }, is_final: true }));
    const answers = await raw.batchAppend(flawed);
    expect(answers.map((answer) => (answer['error'] as { code?: number } | undefined)?.code)).toEqual(flawed.map(() => 3));
    expect(await errorType(read(fixture.client, 'a-1'))).toBe('stream-not-found');
  });

  it.each([
    ['as a time', { deadline_21_10_0: { seconds: '1' } }],
    ['as a duration', { deadline: {} }],
  ])('answers an append whose deadline has passed, %s, with a timeout, whatever its size, and writes nothing', async (_, deadline) => {
    const append = (bytes: number) => ({
      correlation_id: { string: randomUUID() },
      options: { stream_identifier: { stream_name: Buffer.from('late-1') }, any: {}, ...deadline },
      proposed_messages: [
        { id: { string: randomUUID() }, metadata: { type: 'A', 'content-type': 'application/json' }, data: Buffer.alloc(bytes, '1') },
      ],
      is_final: true,
    });
    const answers = await raw.batchAppend([append(2), append(2_000_000)]);
    const refusals = answers.map((answer) => answer['error'] as { code: number; details: { type_url: string } });
    expect(refusals.map(({ code, details }) => [code, details.type_url])).toEqual(
      Array.from({ length: 2 }, () => [4, 'type.googleapis.com/event_store.client.Timeout']),
    );
    expect(await errorType(read(fixture.client, 'late-1'))).toBe('stream-not-found');
  });

  it('speaks ids as two halves where a client wants them so', async () => {
    const id = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
    await append(fixture.client, 'a-1', events(1, [id]), 'no_stream');
    const stream = { stream_identifier: { stream_name: Buffer.from('a-1') }, start: {} };
    const { messages } = await raw.read({ stream, count: '1', no_filter: {}, uuid_option: { structured: {} } });
    const event = (messages[0] as { event: { event: { id: { structured: Record<string, string> } } } }).event.event;
    const half = (text: string | undefined): string => BigInt.asUintN(64, BigInt(text ?? '0')).toString(16);
    expect(half(event.id.structured['most_significant_bits'])).toBe('f47ac10b58cc4372');
    expect(half(event.id.structured['least_significant_bits'])).toBe('a5670e02b2c3d479');
  });
});

describe('a server and an embedded event store on one folder', () => {
  const counted = (n: number) => ({ id: eventId(randomUUID()), type: 'Counted', data: { n }, metadata: { commandId: 'c' } });

  it('see each other’s events, live, in one order', async () => {
    const { dir, client, stop } = await startProtocol();
    const store = await EmbeddedEventStore.open({ dir });
    await store.append(streamName('order-1'), [counted(0)], { expectedRevision: 'no-stream' });
    await append(client, 'order-1', events(1), 0n);
    const result = await store.append(streamName('order-1'), [counted(2)], { expectedRevision: revision(1n) });
    const seen = await read(client, 'order-1');
    expect(seen.map((event) => [event.revision, (event.data as { n: number }).n])).toEqual([
      [0n, 0],
      [1n, 0],
      [2n, 2],
    ]);
    expect(seen.at(-1)?.position?.commit).toBe(result.position as bigint);
    expect(await errorType(append(client, 'order-1', events(1), 0n))).toBe('wrong-expected-version');
    const ids: string[] = [];
    for await (const batch of store.readAll()) ids.push(...batch.map((event) => event.id as string));
    expect(ids).toEqual(seen.map((event) => event.id));
    await store.close();
    await stop();
  });

  it('agree that nothing comes after a tombstone, and what was before it can be read from the folder', async () => {
    const { dir, client, stop } = await startProtocol();
    const store = await EmbeddedEventStore.open({ dir });
    await append(client, 'order-1', events(2), 'no_stream');
    await client.tombstoneStream('order-1');
    for (const expectedRevision of ['any', 'stream-exists', 'no-stream', revision(1n)] as const) {
      const refused = store.append(streamName('order-1'), [counted(2)], { expectedRevision });
      await expect(refused).rejects.toMatchObject({ code: 'EVENT_STORE_WRONG_EXPECTED_REVISION' });
    }
    const types: string[] = [];
    for await (const batch of store.readStream(streamName('order-1'))) types.push(...batch.map((event) => event.type));
    // The tombstone is the server's own event: no reader of the port sees it, by either way in.
    expect(types).toEqual(['Counted', 'Counted']);
    await store.close();
    await stop();
  });

  it('keep everything over a restart of the server', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-protocol-'));
    for (const expected of ['no_stream', 0n, 1n] as const) {
      const server = await EventStoreDbServer.start({ dir, port: 0 });
      const client = EventStoreDBClient.connectionString(server.connectionString);
      await append(client, 'a-1', events(1), expected);
      await client.dispose();
      await server.stop();
    }
    const store = await EmbeddedEventStore.open({ dir, isReadOnly: true });
    expect(await store.head()).toBe(3n);
    await store.close();
    await rm(dir, { recursive: true });
  });
});

describe('a server with TLS and an administrator', () => {
  let dir: string;
  let server: EventStoreDbServer;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-tls-'));
    const tls = await makeCertificate(dir, 'cert');
    server = await EventStoreDbServer.start({ dir, port: 0, tls, administrator: { username: 'admin', password: 'top:s3cret' } });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true });
  });

  const appendAs = async (user: string): Promise<unknown> => {
    const client = EventStoreDBClient.connectionString(`esdb://${user}localhost:${server.port}?tls=true&tlsCAFile=${join(dir, 'cert.pem')}`);
    try {
      return await errorType(client.appendToStream('a-1', [jsonEvent({ type: 'A', data: {} })]));
    } finally {
      await client.dispose();
    }
  };

  it('lets the administrator in', async () => {
    expect(await appendAs('admin:top%3As3cret@')).toBe('no error');
  });

  it.each(['', 'admin:wrong@', 'other:top%3As3cret@'])('denies access to %j', async (user) => {
    expect(await appendAs(user)).toBe('access-denied');
  });
});

describe('a server that would be open to the network', () => {
  it.each([
    [{ host: '0.0.0.0' }],
    [{ host: '::' }],
    [{ host: '192.0.2.1' }],
    [{ host: '127.example.com' }],
    [{ administrator: { username: 'admin', password: 'x' } }],
  ])('does not start: %j', async (options) => {
    const started = EventStoreDbServer.start({ dir: join(tmpdir(), 'never-made'), port: 0, ...options });
    await expect(started).rejects.toMatchObject({ code: 'EVENT_STORE_SERVER_SETTINGS_INVALID' });
  });

  it('starts where that is allowed, and tells clients of this machine how to reach it', async () => {
    const { server, client, stop } = await startProtocol({ host: '0.0.0.0', allowInsecure: true });
    expect(server.connectionString).toBe(`esdb://127.0.0.1:${server.port}?tls=false`);
    await append(client, 'a-1', events(1), 'no_stream');
    await stop();
  });

  it('does not start on a port that is taken', async () => {
    const { server, dir, stop } = await startProtocol();
    await expect(EventStoreDbServer.start({ dir, port: server.port })).rejects.toMatchObject({ code: 'EVENT_STORE_SERVER_CANNOT_LISTEN' });
    await stop();
  });
});
