// docs/event-store-in-tests.md, command by command, in a folder of a project that has the packages installed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults, START } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withEventStore } from './event-store-in-tests/server-of-one-test.js';
import { build } from './online-retail/application-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND_MS_MAX = 60_000;
/** The ports of the guide, which may be in use on this machine. */
const PORTS = ['2113', '2114'];

const guide = await readFile(join(ROOT, 'docs/event-store-in-tests.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n(.*?)\n```$/gms)].map(([, command = '']) => command);

let project: string;
let ports: readonly string[];
const children: ChildProcess[] = [];

beforeAll(async () => {
  await build();
  project = await mkdtemp(join(tmpdir(), 'mainstem-guide-'));
  ports = await Promise.all(PORTS.map(freePort));
  await installPackages();
}, 240_000);
afterAll(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) end(child, 'SIGKILL');
  await rm(project, { recursive: true, force: true });
});

const freePort = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
};

/** Like npm: packages in node_modules, their commands in .bin. */
const installPackages = async (): Promise<void> => {
  const modules = join(project, 'node_modules');
  await mkdir(join(modules, '@mainstem'), { recursive: true });
  await mkdir(join(modules, '.bin'));
  for (const name of ['event-store', 'embedded', 'eventstoredb-server']) await symlink(join(ROOT, 'libs', name), join(modules, '@mainstem', name));
  await symlink('../@mainstem/eventstoredb-server/bin/eventstoredb-server.mjs', join(modules, '.bin/eventstoredb-server'));
};

/** Runs a command of the guide on free ports. */
const run = (command: string | undefined) => {
  const text = PORTS.reduce((changed, port, index) => changed.replaceAll(port, ports[index] ?? port), command ?? 'false');
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  const child = spawn('sh', ['-c', text], { cwd: project, env, detached: true });
  children.push(child);
  const told = { out: '', error: '' };
  child.stdout.on('data', (bytes: Buffer) => (told.out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (told.error += bytes.toString()));
  return { child, told, ended: once(child, 'close').then(([code]) => code as number | null) };
};

/** Also what it has started. */
const end = ({ pid }: ChildProcess, signal: NodeJS.Signals): void => {
  if (pid !== undefined) process.kill(-pid, signal);
};

const succeeds = async (command: string | undefined): Promise<void> => {
  const { told, ended } = run(command);
  expect([await ended, told.error.split('\n').filter((line) => line.startsWith('curl:'))], command).toEqual([0, []]);
};

const appendAndRead = async (connectionString: string): Promise<readonly string[]> => {
  const client = EventStoreDBClient.connectionString(connectionString);
  try {
    await client.appendToStream('order-1', [jsonEvent({ type: 'OrderPlaced', data: { total: 5 } })]);
    const types: string[] = [];
    for await (const { event } of client.readStream('order-1')) types.push(event?.type ?? '');
    return types;
  } finally {
    await client.dispose();
  }
};

describe('docs/event-store-in-tests.md', () => {
  it('starts a server that is there when the health check says so, keeps nothing, and ends on a signal', { timeout: COMMAND_MS_MAX }, async () => {
    const { child, told, ended } = run(commands[0]);
    await succeeds(commands[1]);
    expect(await appendAndRead(`esdb://127.0.0.1:${ports[0]}?tls=false`)).toEqual(['OrderPlaced']);
    await expect.poll(() => told.out).toMatch(/^Event store on esdb:\S+, data in \S+\n$/);
    const folder = /data in (\S+)/.exec(told.out)?.[1] ?? '';
    expect(await readdir(folder)).toContain('events.db');
    end(child, 'SIGTERM');
    await ended;
    await expect.poll(() => readdir(folder).catch(() => 'gone'), { timeout: 10_000 }).toBe('gone');
    expect(told.error).toBe('');
  });

  it('starts one with TLS and a password, which clients need', { timeout: COMMAND_MS_MAX }, async () => {
    const [, , certificate, start, health] = commands;
    const made = run(certificate);
    expect(await made.ended, made.told.error).toBe(0);
    const { child, ended } = run(start);
    await succeeds(health);
    const file = `tls=true&tlsCaFile=${join(project, 'node.crt')}`;
    expect(await appendAndRead(`esdb://admin:changeit@localhost:${ports[1]}?${file}`)).toEqual(['OrderPlaced']);
    await expect(appendAndRead(`esdb://localhost:${ports[1]}?${file}`)).rejects.toMatchObject({ type: 'access-denied' });
    end(child, 'SIGTERM');
    await ended;
  });

  it('shows a server of one test as it is', async () => {
    const source = await readFile(new URL('event-store-in-tests/server-of-one-test.ts', import.meta.url), 'utf8');
    expect(guide).toContain(`\`\`\`ts\n${/\/\/ #region \w+\n(.*?)\n\/\/ #endregion/s.exec(source)?.[1]}\n\`\`\``);
    await withEventStore(async (connectionString) => {
      expect(await appendAndRead(connectionString)).toEqual(['OrderPlaced']);
      const client = EventStoreDBClient.connectionString(connectionString);
      await client.createPersistentSubscriptionToStream(
        '$ce-order',
        'group',
        persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START }),
      );
      const subscription = client.subscribeToPersistentSubscriptionToStream('$ce-order', 'group');
      const [message] = (await once(subscription, 'data')) as [{ readonly event?: { readonly type: string } }];
      expect(message.event?.type).toBe('$>');
      await subscription.unsubscribe();
      await client.dispose();
    });
  });

  it('has only commands that are executed here', () => {
    expect(commands).toHaveLength(5);
  });
});
