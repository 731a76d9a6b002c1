// gRPC and health checks on one port, as container health checks of EventStoreDB expect it: with TLS and without.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { TcpProxy } from '@mainstem/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate, type Certificate } from '../fixtures/certificate.js';
import { append, events, revisions } from './eventstoredb/protocol-fixture.js';

let dir: string;
let tls: Certificate;
let server: EventStoreDbServer;
let client: EventStoreDBClient;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-port-'));
  tls = await makeCertificate(dir, 'right');
});
afterAll(() => rm(dir, { recursive: true }));

describe.each(['without TLS', 'with TLS'] as const)('a server %s', (kind) => {
  const isSecure = kind === 'with TLS';
  const connectionString = (port: number): string =>
    isSecure ? `esdb://localhost:${port}?tls=true&tlsCAFile=${encodeURIComponent(tls.file)}` : `esdb://localhost:${port}?tls=false`;
  beforeEach(async () => {
    server = await EventStoreDbServer.start({ dir, port: 0, ...(isSecure && { tls }) });
    client = EventStoreDBClient.connectionString(connectionString(server.port));
  });
  afterEach(async () => {
    await client.dispose();
    await server.stop();
  });

  const status = async (path: string, method = 'GET'): Promise<number | undefined> => {
    const options = { host: '127.0.0.1', port: server.port, path, method };
    const asked = isSecure ? requestOverTls({ ...options, ca: tls.certificate }) : request(options);
    const [response] = (await once(asked.end(), 'response')) as [{ readonly statusCode?: number; resume(): void }];
    response.resume();
    return response.statusCode;
  };

  it('says on the port of gRPC that it lives and is ready, and knows nothing else there', async () => {
    expect(await status('/health/live')).toBe(204);
    expect(await status('/health/ready')).toBe(200);
    expect(await status('/health/progress')).toBe(200);
    expect(await status('/metrics')).toBe(404);
    expect(await status('/')).toBe(404);
    // Begins with the letter that HTTP/2 begins with.
    expect(await status('/health/live', 'POST')).toBe(404);
  });

  it('serves clients and health checks side by side', async () => {
    const stream = `port-${kind}`;
    for (let round = 0; round < 50; round++) {
      const [result, live] = await Promise.all([append(client, stream, events(2), 'any'), status('/health/live')]);
      expect([result.nextExpectedRevision, live]).toEqual([BigInt(2 * round + 1), 204]);
    }
    expect(await revisions(client, stream)).toHaveLength(100);
  });

  it('knows a client whose first bytes come one at a time', async () => {
    const proxy = await TcpProxy.listen({ target: { host: '127.0.0.1', port: server.port } });
    proxy.become({ kind: 'trickle', bytes: 1, everyMs: 1 });
    const slow = EventStoreDBClient.connectionString(connectionString(proxy.port));
    try {
      const appended = append(slow, `slow-${kind}`, events(1), 'no_stream');
      setTimeout(() => proxy.become({ kind: 'none' }), 200);
      expect(await appended).toMatchObject({ success: true });
    } finally {
      await slow.dispose();
      await proxy.close();
    }
  });

  it('stops although two clients are connected, a silent one and one that has asked', async () => {
    const silent = createConnection({ host: '127.0.0.1', port: server.port });
    await once(silent, 'connect');
    expect(await status('/health/live')).toBe(204);
    const startedAt = performance.now();
    const ended = once(silent, 'close');
    await server.stop();
    await ended;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await expect(status('/health/live')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

it('A server does not start with a certificate and a key that do not belong together, or are none', async () => {
  const other = await makeCertificate(dir, 'other');
  for (const privateKey of [other.privateKey, Buffer.from('no key')]) {
    const started = EventStoreDbServer.start({ dir, port: 0, tls: { certificate: tls.certificate, privateKey } });
    await expect(started).rejects.toMatchObject({ code: 'EVENT_STORE_SERVER_SETTINGS_INVALID' });
  }
});
