// Concurrent appends take effect in the order of the calls, from the first one of a connection on: imports depend on
// it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventIdOf, streamName } from '@mainstem/event-store';
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { TcpProxy } from '@mainstem/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CONNECTIONS = 5;
const APPENDS = 100;
/** Acknowledged when the connection breaks. */
const BREAKS: readonly number[] = [1, 17, 60, 140];
const APPENDS_OVER_BREAKS = 300;

describe('appends through the EventStoreDB client', () => {
  let dir: string;
  let server: EventStoreDbServer;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-order-'));
    server = await EventStoreDbServer.start({ dir, port: 0 });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true });
  });

  it('take effect in the order of the calls on every new connection', async () => {
    const sent: string[] = [];
    for (let connection = 0; connection < CONNECTIONS; connection++) {
      const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString });
      try {
        await Promise.all(
          Array.from({ length: APPENDS }, (_, index) => {
            const stream = streamName(`order-${connection}.${index}`);
            sent.push(stream);
            const event = { id: eventIdOf(stream, stream, 0), type: 'Noted', data: {}, metadata: {} };
            return store.append(stream, [event], { expectedRevision: 'no-stream' });
          }),
        );
      } finally {
        await store.close();
      }
    }
    expect(await recorded('order-')).toEqual(sent);
  });

  it.each(['reset', 'no-reply'] as const)('keep that order when the connection breaks in the middle: %s', async (fault) => {
    const proxy = await TcpProxy.listen({ target: { host: '127.0.0.1', port: server.port } });
    const store = await EventStoreDbEventStore.open({ connectionString: `esdb://127.0.0.1:${proxy.port}?tls=false` });
    const sent: string[] = [];
    let acknowledged = 0;
    const onAcknowledged = (): void => {
      if (!BREAKS.includes(++acknowledged)) return;
      // What is on its way has taken effect or has not: the answers are lost either way.
      if (fault === 'no-reply') proxy.become({ kind: 'no-reply' });
      setImmediate(() => {
        proxy.reset();
        proxy.become({ kind: 'none' });
      });
    };
    try {
      await Promise.all(
        Array.from({ length: APPENDS_OVER_BREAKS }, async (_, index) => {
          const stream = streamName(`${fault}-${index}`);
          sent.push(stream);
          const event = { id: eventIdOf(stream, stream, 0), type: 'Noted', data: { text: 'x'.repeat(1_000) }, metadata: {} };
          await store.append(stream, [event], { expectedRevision: 'no-stream' });
          onAcknowledged();
        }),
      );
      expect(await recorded(`${fault}-`)).toEqual(sent);
    } finally {
      await store.close();
      await proxy.close();
    }
  });

  const recorded = async (streamPrefix: string): Promise<readonly string[]> => {
    const store = await EventStoreDbEventStore.open({ connectionString: server.connectionString });
    const streams: string[] = [];
    for await (const batch of store.readAll({ filter: { streamPrefixes: [streamPrefix] } })) streams.push(...batch.map(({ stream }) => stream));
    await store.close();
    return streams;
  };
});
