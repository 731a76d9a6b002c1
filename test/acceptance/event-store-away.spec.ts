// What people see while the event store is away: quick answers with reason and address; everything goes on when it is
// back.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import type { Readiness } from '@mainstem/nest';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApplicationProcess, build } from './online-retail/application-process.js';
import { SAMPLE_FILE, sampleFigures } from './online-retail/expected.js';

/** Half of the time that a silent server gets; the machine may be busy. */
const ANSWERED_MS = 15_000;
const READY_MS = 60_000;
/** Longer than refused connections are retried. */
const AWAY_MS = 5_000;
const POLL = { timeout: READY_MS, interval: 50 };

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

let dir: string;
let port: number;
let server: EventStoreDbServer | undefined;
const applications: ApplicationProcess[] = [];

beforeAll(build);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-away-'));
  port = await freePort();
  await startServer();
});
afterEach(async () => {
  await Promise.all(applications.splice(0).map((application) => application.end('SIGKILL')));
  await stopServer();
  await rm(dir, { recursive: true, force: true });
});

const startServer = async (): Promise<void> => {
  server = await EventStoreDbServer.start({ dir: join(dir, 'events'), port });
};
const stopServer = async (): Promise<void> => {
  await server?.stop();
  server = undefined;
};
const start = async (entry: string, ...args: readonly string[]): Promise<ApplicationProcess> => {
  const application = await ApplicationProcess.start(entry, ['--dir', join(dir, 'models'), ...args], {
    EVENT_STORE: `esdb://127.0.0.1:${port}?tls=false`,
  });
  applications.push(application);
  return application;
};
const reasonsOf = async ({ url }: ApplicationProcess): Promise<string> => {
  const readiness = (await (await fetch(`${url}/health/ready`)).json()) as Readiness;
  return readiness.reasons.map(({ check, reason }) => `${check}: ${reason}`).join('\n');
};
/** Of the log: lines about the event store, and about projections that wait for it, which must not exist. */
const linesOf = ({ output }: ApplicationProcess): readonly string[] => output.split('\n').filter((line) => /The event store is |retrying/.test(line));
const place = ({ url }: ApplicationProcess, orderNo: string): Promise<Response> =>
  fetch(`${url}/api/orders`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ orderNo, country: 'United Kingdom' }),
  });

describe('while the event store is away', () => {
  it('a command is answered 503 within seconds, every application gives the reason, with the address in its log, and all go on when it is back', async () => {
    const commands = await start('src/main.js');
    const projector = await start('apps/sql-projector/src/main.js');
    const queries = await start('apps/query-api/src/main.js');
    expect((await place(commands, '1')).status).toBe(201);
    await projector.ready(READY_MS);
    await stopServer();

    const startedAt = performance.now();
    const answer = await place(commands, '2');
    expect(performance.now() - startedAt).toBeLessThan(ANSWERED_MS);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('Retry-After')).not.toBeNull();
    expect(await answer.text()).not.toContain('127.0.0.1');
    for (const application of [commands, projector, queries]) {
      await expect.poll(() => reasonsOf(application), POLL).toContain('EVENT_STORE_UNAVAILABLE');
      expect(await reasonsOf(application)).not.toMatch(/aborted|no answer|127\.0\.0\.1|ECONNREFUSED/);
      await expect.poll(() => linesOf(application), POLL).toEqual([expect.stringContaining(`The event store is away: `)]);
      expect(linesOf(application)[0]).toMatch(new RegExp(`^[-0-9T:.]+Z WARN .*ECONNREFUSED 127\\.0\\.0\\.1:${port}`));
    }

    await startServer();
    expect((await place(commands, '2')).status).toBe(201);
    for (const application of [commands, projector]) await application.ready(READY_MS);
    const back = expect.stringMatching(/WARN .*The event store is back after \d+ s\./) as string;
    for (const application of [commands, projector, queries])
      await expect.poll(() => linesOf(application), POLL).toEqual([expect.stringContaining('is away'), back]);
  });

  it('the first import waits, and goes on automatically when it is back', async () => {
    const shop = await start('apps/all-in-one/src/main.js', '--data', SAMPLE_FILE);
    await shop.imported(1, READY_MS);
    await stopServer();
    await expect.poll(() => reasonsOf(shop), POLL).toMatch(/first import: importing.*no progress: the event store: EVENT_STORE_UNAVAILABLE$/m);
    await delay(AWAY_MS);
    await startServer();
    await shop.ready(READY_MS);
    const { events } = await shop.get<{ readonly events: number }>('totals');
    expect(events).toBe(sampleFigures.events);
  });
});
