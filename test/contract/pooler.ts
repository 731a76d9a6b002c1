// PgBouncer in transaction mode before PostgreSQL, for the suites; each has a role of its own.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { postgresQuery, postgresUrl } from './sql-fixtures.js';

export const hasPooler = spawnSync('pgbouncer', ['--version']).status === 0;
if (!hasPooler) console.warn('pgbouncer was not found in the path: its tests are left out.');

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

export class Poolers implements AsyncDisposable {
  readonly #running: ChildProcess[] = [];

  private constructor(
    /** Made for these poolers, and dropped with them; nothing may depend on it then. */
    readonly role: string,
    private readonly dir: string,
  ) {}

  static async prepare(role: string): Promise<Poolers> {
    const dir = await mkdtemp(join(tmpdir(), 'mainstem-pooler-'));
    await chmod(dir, 0o777);
    await postgresQuery(`CREATE ROLE ${role} LOGIN SUPERUSER`);
    return new Poolers(role, dir);
  }

  /** Starts one with a few connections to the server, and gives its URL. */
  async start(settings: string): Promise<string> {
    const port = await freePort();
    const server = new URL(postgresUrl);
    const file = join(this.dir, `${port}.ini`);
    const target = `host=${server.hostname} port=${server.port || 5432} dbname=${server.pathname.slice(1)} user=${this.role}`;
    const lines = ['[databases]', `pooled = ${target}`, '[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir ='];
    await writeFile(file, [...lines, 'auth_type = any', 'pool_mode = transaction', settings, ''].join('\n'));
    this.#running.push(spawn('pgbouncer', [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), file], { stdio: 'ignore' }));
    const url = `postgres://${this.role}@127.0.0.1:${port}/pooled`;
    await vi.waitFor(async () => expect(await answers(url)).toBe(true), { timeout: 10_000 });
    return url;
  }

  /** Ends all that run. */
  end(): void {
    for (const child of this.#running.splice(0)) child.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await postgresQuery(`DROP ROLE ${this.role}`);
    await rm(this.dir, { recursive: true, force: true });
  }
}

const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client(url);
  const isUp = await client.connect().then(
    () => true,
    () => false,
  );
  await client.end();
  return isUp;
};
