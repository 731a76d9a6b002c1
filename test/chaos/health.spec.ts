// The health of a running projector under real faults: PostgreSQL and the event store behind a network that refuses, or that swallows everything.
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqlProjectorModule } from '#apps/sql-projector/src/sql-projector.module.js';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { readSettings, type Readiness } from '@mainstem/nest';
import { TcpProxy, type TcpFault } from '@mainstem/testing';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postgresQuery, postgresUrl } from '../contract/sql-fixtures.js';

const RED_WITHIN_MS = 10_000;
/** A busy machine answers late; the simulated clock of the engine's own spec is exact. */
const GRACE_MS = 5_000;
const GREEN_WITHIN_MS = 30_000;

describe('a projector whose', () => {
  let dir: string;
  let schema: string;
  let server: EventStoreDbServer;
  let toPostgres: TcpProxy;
  let toEvents: TcpProxy;
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-health-'));
    schema = `mainstem_health_${process.pid}_${Date.now()}`;
    server = await EventStoreDbServer.start({ dir, port: 0 });
    const postgres = new URL(postgresUrl);
    toPostgres = await TcpProxy.listen({ target: { host: postgres.hostname, port: Number(postgres.port || 5432) } });
    toEvents = await TcpProxy.listen({ target: { host: '127.0.0.1', port: server.port } });
    postgres.hostname = '127.0.0.1';
    postgres.port = String(toPostgres.port);
    postgres.searchParams.set('schema', schema);
    const env = { READ_STORE_SQL: postgres.href, EVENT_STORE: `esdb://127.0.0.1:${toEvents.port}?tls=false` };
    app = await NestFactory.create(SqlProjectorModule.forRoot(readSettings(['--dir', dir, '--port', '0'], env)), { logger: false });
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
    await becomes(200, GREEN_WITHIN_MS);
  });
  afterEach(async () => {
    for (const proxy of [toPostgres, toEvents]) {
      proxy.become({ kind: 'none' });
      proxy.reset();
    }
    await app.close();
    await Promise.all([toPostgres.close(), toEvents.close(), server.stop()]);
    await postgresQuery(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
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
    ['PostgreSQL stops', { kind: 'refuse' }, /projections: .*READ_STORE_UNAVAILABLE/],
    ['PostgreSQL never answers again', { kind: 'half-open' }, /projections: .*(?:read store sql is silent|READ_STORE_UNAVAILABLE)/],
  ] as const)('%s, with nothing to write, is red with the reason, and green when it is back', async (_, fault, reason) => {
    strike(toPostgres, fault);
    expect(await becomes(503, RED_WITHIN_MS + GRACE_MS)).toMatch(reason);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    heal(toPostgres);
    await becomes(200, GREEN_WITHIN_MS);
  });

  it.each([
    ['event store stops', { kind: 'refuse' }],
    ['event store never answers again', { kind: 'half-open' }],
  ] as const)('%s is red with the reason, and green when it is back', async (_, fault) => {
    strike(toEvents, fault);
    expect(await becomes(503, RED_WITHIN_MS + GRACE_MS)).toMatch(/event store: /);
    heal(toEvents);
    await becomes(200, GREEN_WITHIN_MS);
  });
});
