// The health of running projectors under real faults: the network to a store refuses, or swallows everything.
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostedOnCache } from '#apps/cache-projector/src/cache-projections.js';
import { projectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { ProjectorProcessModule, type FilledStore } from '#apps/read-models/src/projector-process.module.js';
import { hostedOnSearch } from '#apps/search-projector/src/search-projections.js';
import { hostedOnSql } from '#apps/sql-projector/src/sql-projections.js';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { readSettings } from '@mainstem/event-store/settings';
import type { Readiness } from '@mainstem/nest';
import { TcpProxy, type TcpFault } from '@mainstem/testing';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeIndices } from '../contract/opensearch-nodes.js';
import { redisUrl } from '../contract/redis-fixtures.js';
import { postgresQuery, postgresUrl } from '../contract/sql-fixtures.js';
import { deleteKeys } from '../fixtures/redis-keys.js';

const RED_WITHIN_MS = 10_000;
/** A busy machine answers late; the simulated clock of the engine's own spec is exact. */
const GRACE_MS = 5_000;
const GREEN_WITHIN_MS = 30_000;
const PORTS: Readonly<Record<string, number>> = { 'postgres:': 5432, 'postgresql:': 5432, 'redis:': 6379, 'http:': 9200 };

interface Host {
  readonly server: string;
  readonly url: string;
  readonly filled: FilledStore;
  readonly setting: string;
  /** What keeps the read models of one test apart, as a parameter of the URL. */
  readonly scoped: (scope: string) => readonly [name: string, value: string];
  readonly remove: (scope: string) => Promise<unknown>;
}

const redis = redisUrl ?? 'redis://127.0.0.1:6379';
const opensearch = process.env['OPENSEARCH_URL'] ?? 'http://127.0.0.1:9200';
const hosts: readonly Host[] = [
  {
    server: 'PostgreSQL',
    url: postgresUrl,
    filled: { store: 'sql', hosted: hostedOnSql },
    setting: 'READ_STORE_SQL',
    scoped: (scope) => ['schema', scope],
    remove: (scope) => postgresQuery(`DROP SCHEMA IF EXISTS "${scope}" CASCADE`),
  },
  {
    server: 'Redis',
    url: redis,
    filled: { store: 'cache', hosted: hostedOnCache },
    setting: 'READ_STORE_CACHE',
    scoped: (scope) => ['prefix', `${scope}:`],
    remove: (scope) => deleteKeys(redis, `${scope}:`),
  },
  {
    server: 'OpenSearch',
    url: opensearch,
    filled: { store: 'search', hosted: hostedOnSearch },
    setting: 'READ_STORE_SEARCH',
    scoped: (scope) => ['prefix', scope],
    remove: (scope) => removeIndices(opensearch, scope),
  },
];

describe.each(hosts)('a projector on $server, when', (host) => {
  let dir: string;
  let scope: string;
  let server: EventStoreDbServer;
  let toStore: TcpProxy;
  let toEvents: TcpProxy;
  let app: INestApplication;
  let url: string;
  /** What the log tells of dependencies, and of projections that wait for one. */
  const warned: string[] = [];
  const logger = {
    log: () => undefined,
    error: () => undefined,
    warn: (message: unknown) => void warned.push(String(message)),
  };
  const warnedOf = (name: string): readonly string[] =>
    warned.filter((line) => line.startsWith(`${name} is `) || line.includes('_STORE_UNAVAILABLE'));

  beforeEach(async () => {
    warned.length = 0;
    dir = await mkdtemp(join(tmpdir(), 'mainstem-health-'));
    scope = `ms_health_${process.pid}_${Date.now()}`;
    server = await EventStoreDbServer.start({ dir, port: 0 });
    const store = new URL(host.url);
    toStore = await TcpProxy.listen({ target: { host: store.hostname, port: Number(store.port || PORTS[store.protocol]) } });
    toEvents = await TcpProxy.listen({ target: { host: '127.0.0.1', port: server.port } });
    store.hostname = '127.0.0.1';
    store.port = String(toStore.port);
    store.searchParams.set(...host.scoped(scope));
    const env = { [host.setting]: store.href, EVENT_STORE: `esdb://127.0.0.1:${toEvents.port}?tls=false` };
    app = await NestFactory.create(
      ProjectorProcessModule.forRoot(readSettings(projectorProcessSettings(), ['--dir', dir, '--port', '0'], env), host.filled),
      { logger },
    );
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
    await becomes(200, GREEN_WITHIN_MS);
  });
  afterEach(async () => {
    for (const proxy of [toStore, toEvents]) {
      proxy.become({ kind: 'none' });
      proxy.reset();
    }
    await app.close();
    await Promise.all([toStore.close(), toEvents.close(), server.stop()]);
    await host.remove(scope);
    await rm(dir, { recursive: true, force: true });
  });

  const ready = async (): Promise<{ readonly status: number; readonly body: Readiness }> => {
    const response = await fetch(`${url}/health/ready`);
    return { status: response.status, body: (await response.json()) as Readiness };
  };
  /** What is told once the answer has this status. */
  const becomes = async (status: number, timeoutMs: number): Promise<string> => {
    await expect.poll(async () => (await ready()).status, { timeout: timeoutMs, interval: 100 }).toBe(status);
    return (await ready()).body.reasons.map(({ check, reason }) => `${check}: ${reason}`).join('\n');
  };
  /** One line for each time that it goes and comes, whatever number of projections and of attempts. */
  const toldOnce = async (name: string, last: 'away' | 'back', timeoutMs: number): Promise<void> => {
    const expected = [`${name} is away`, ...(last === 'back' ? [`${name} is back`] : [])];
    const told = (): readonly string[] => warnedOf(name).map((line) => line.split(/[: ](?=after|\s)/)[0] ?? '');
    await expect.poll(() => told().map((line) => line.trim()), { timeout: timeoutMs, interval: 100 }).toEqual(expected);
  };
  const strike = (proxy: TcpProxy, fault: TcpFault): void => {
    proxy.become(fault);
    // What is refused from now on was cut, as when a server stops; what is swallowed notices nothing.
    if (fault.kind === 'refuse') proxy.reset();
  };
  const heal = (proxy: TcpProxy): void => {
    proxy.become({ kind: 'none' });
    proxy.reset();
  };

  it.each([
    ['that server stops', { kind: 'refuse' }, /projections: .*READ_STORE_UNAVAILABLE/],
    ['that server never answers again', { kind: 'half-open' }, /projections: .*(?:is silent|READ_STORE_UNAVAILABLE)/],
  ] as const)('%s, with nothing to write, is red with the reason, and green when it is back', async (_, fault, reason) => {
    strike(toStore, fault);
    expect(await becomes(503, RED_WITHIN_MS + GRACE_MS)).toMatch(reason);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const store = `Read store ${host.filled.store}`;
    await toldOnce(store, 'away', RED_WITHIN_MS + GRACE_MS);
    heal(toStore);
    await becomes(200, GREEN_WITHIN_MS);
    await toldOnce(store, 'back', GREEN_WITHIN_MS);
  });

  it.each([
    ['the event store stops', { kind: 'refuse' }],
    ['the event store never answers again', { kind: 'half-open' }],
  ] as const)('%s is red with the reason, and green when it is back', async (_, fault) => {
    strike(toEvents, fault);
    expect(await becomes(503, RED_WITHIN_MS + GRACE_MS)).toMatch(/event store: /);
    await toldOnce('The event store', 'away', RED_WITHIN_MS + GRACE_MS);
    heal(toEvents);
    await becomes(200, GREEN_WITHIN_MS);
    await toldOnce('The event store', 'back', GREEN_WITHIN_MS);
  });
});
