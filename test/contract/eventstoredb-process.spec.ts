// The event store server as a process of its own: what it says when it cannot start, and how it ends.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../fixtures/certificate.js';
import { SOURCE_ARGUMENTS } from '../fixtures/source-arguments.js';
import { append, events, revisions } from './eventstoredb/protocol-fixture.js';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const STARTED = { timeout: 40_000, interval: 20 };

let dir: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-server-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(dir, { recursive: true }));

const start = (flags: readonly string[]) => {
  const child = spawn(process.execPath, [...SOURCE_ARGUMENTS, pathOf('../../apps/event-store/src/main.ts'), ...flags]);
  children.push(child);
  const told = { out: '', error: '' };
  child.stdout.on('data', (text: Buffer) => (told.out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (told.error += text.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, told, ended };
};

describe('the process of the event store server', () => {
  it('says in one line what is wrong with its flags, and ends with 1', async () => {
    const { file } = await makeCertificate(dir, 'right');
    const { keyFile } = await makeCertificate(dir, 'other');
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const isFile = join(dir, 'file');
    await writeFile(isFile, '');
    const refused: readonly (readonly [flags: readonly string[], told: RegExp])[] = [
      [['--port', 'x'], /^SETTINGS_INVALID: --port \(or PORT\): must be a whole number/],
      [['--tls-cert', file, '--tls-key', join(dir, 'nowhere.key')], /^SETTINGS_INVALID: --tls-key: .*nowhere\.key cannot be read/],
      [['--tls-cert', file, '--tls-key', keyFile], /^EVENT_STORE_SERVER_SETTINGS_INVALID: The certificate and the private key/],
      [['--host', '0.0.0.0'], /^EVENT_STORE_SERVER_SETTINGS_INVALID: Listening on 0\.0\.0\.0 would open the store.*--allow-insecure/],
      [['--port', String((taken.address() as AddressInfo).port)], /^EVENT_STORE_SERVER_CANNOT_LISTEN: /],
      [['--dir', isFile], /^EVENT_STORE_CANNOT_OPEN: /],
    ];
    try {
      const ends = await Promise.all(
        refused.map(async ([flags]) => {
          const { told, ended } = start(['--dir', join(dir, 'refused'), '--port', '0', ...flags]);
          return { code: await ended, ...told };
        }),
      );
      for (const [index, { code, out, error }] of ends.entries()) {
        expect([code, out]).toEqual([1, '']);
        expect(error).toMatch(refused[index]?.[1] ?? /never/);
        expect(error.trimEnd()).not.toContain('\n');
      }
    } finally {
      taken.close();
    }
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends by itself on %s, even with a client connected, and starts again on what it has kept',
    async (signal) => {
      const folder = join(dir, signal);
      for (const expected of ['no_stream', 0n] as const) {
        const { child, told, ended } = start(['--dir', folder, '--port', '0']);
        await expect.poll(() => told.out, STARTED).toMatch(/^Event store on esdb:\S+, data in /);
        const client = EventStoreDBClient.connectionString(/esdb:[^,]+/.exec(told.out)?.[0] ?? '');
        await append(client, 'a-1', events(1), expected);
        expect(await revisions(client, 'a-1')).toHaveLength(expected === 'no_stream' ? 1 : 2);
        child.kill(signal);
        expect([await ended, told.error]).toEqual([0, '']);
        await client.dispose();
      }
    },
  );

  it('serves a folder that another server has open, and waits for no lock to do so', async () => {
    const folder = join(dir, 'shared');
    const [one, two] = [start(['--dir', folder, '--port', '0']), start(['--dir', folder, '--port', '0'])];
    await expect.poll(() => one.told.out, STARTED).toMatch(/^Event store on/);
    await expect.poll(() => two.told.out, STARTED).toMatch(/^Event store on/);
    const clients = [one, two].map(({ told }) => EventStoreDBClient.connectionString(/esdb:[^,]+/.exec(told.out)?.[0] ?? ''));
    const [first, second] = clients as [EventStoreDBClient, EventStoreDBClient];
    await append(first, 'a-1', events(1), 'no_stream');
    await append(second, 'a-1', events(1), 0n);
    expect(await revisions(first, 'a-1')).toEqual([0n, 1n]);
    await Promise.all(clients.map((client) => client.dispose()));
  });

  it('does not wait for ever for a folder that another program keeps locked', async () => {
    const folder = join(dir, 'locked');
    const first = start(['--dir', folder, '--port', '0']);
    await expect.poll(() => first.told.out, STARTED).toMatch(/^Event store on/);
    first.child.kill('SIGTERM');
    await first.ended;
    const database = new DatabaseSync(join(folder, 'events.db'));
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    try {
      const { ended, told } = start(['--dir', folder, '--port', '0']);
      expect([await ended, told.out]).toEqual([1, '']);
      expect(told.error).toMatch(/^EVENT_STORE_BUSY: /);
    } finally {
      database.close();
    }
  });
});
