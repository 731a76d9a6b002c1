// Finds a Redis for the tests: REDIS_URL, else 127.0.0.1:6379, else a private redis-server. Tests that damage a server start one for themselves.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.mjs';

const ANSWER_TIMEOUT_MS = 2_000;
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/**
 * @returns {Promise<import('./postgres.mjs').Service>} Errors: says what was tried.
 */
export const findRedis = async () => {
  const given = process.env.REDIS_URL;
  if (given) {
    const version = await versionOf(given).catch((error) =>
      Promise.reject(new Error(`REDIS_URL is set, but nobody answers there: ${error.message}`)),
    );
    return service(`Redis ${version} from REDIS_URL`, given);
  }
  const local = 'redis://127.0.0.1:6379';
  try {
    return service(`Redis ${await versionOf(local)} at 127.0.0.1:6379`, local);
  } catch (error) {
    const server = await startRedis().catch((own) => Promise.reject(new Error(`${local}: ${error.message}; own server: ${own.message}`)));
    return service(`Redis ${server.version} of our own on port ${server.port}`, server.url, server.stop);
  }
};

const service = (found, url, stop = async () => {}) => ({ name: 'Redis', found, env: { REDIS_URL: url }, stop });

/**
 * A redis-server on loopback. Its folder is temporary and gone after `stop`, unless one is given: then its dump stays for the next start.
 * @param {{ folder?: string, port?: number, flags?: readonly string[], isSentinel?: boolean }} [options] flags as on the command line, such as `--appendonly yes`
 * @returns {Promise<{ url: string, port: number, folder: string, version: string, pid: number, stop: () => Promise<void>, kill: () => Promise<void> }>}
 *   `kill` ends it as a crash does, and leaves the folder. Errors: says what is missing.
 */
export const startRedis = async ({ folder, port, flags = [], isSentinel = false } = {}) => {
  const base = folder ?? mkdtempSync(path.join(os.tmpdir(), 'mainstem-redis-'));
  mkdirSync(base, { recursive: true });
  const onPort = port ?? (await freePort());
  const settings = ['--port', String(onPort), '--bind', '127.0.0.1', '--dir', base, '--loglevel', 'warning'];
  // A sentinel takes its file first, and saves nothing but that.
  const given = isSentinel ? [...flags, '--sentinel', ...settings] : [...settings, '--save', '', ...flags];
  const server = spawn('redis-server', given, { cwd: base, stdio: 'ignore' });
  let failure;
  const exited = new Promise((resolve) => {
    server.once('exit', resolve);
    server.once('error', (error) => resolve((failure = error)));
  });
  const killNow = () => server.kill('SIGKILL');
  process.once('exit', killNow);
  const kill = async () => {
    killNow();
    await exited;
    process.off('exit', killNow);
  };
  const stop = async () => {
    server.kill('SIGTERM');
    await Promise.race([exited, pause(STOP_TIMEOUT_MS, undefined, { ref: false }).then(killNow)]);
    await kill();
    if (folder === undefined) rmSync(base, { recursive: true, force: true });
  };
  const url = `redis://127.0.0.1:${onPort}`;
  try {
    const version = await untilUp(url, exited, () => failure);
    return { url, port: onPort, folder: base, version, pid: server.pid ?? 0, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
};

const untilUp = async (url, exited, failureOf) => {
  const deadline = performance.now() + START_TIMEOUT_MS;
  let isGone = false;
  void exited.then(() => (isGone = true));
  while (performance.now() < deadline && !isGone) {
    try {
      return await versionOf(url);
    } catch {
      await pause(POLL_MS); // not up yet; the deadline decides
    }
  }
  const failure = failureOf();
  if (failure) throw new Error(failure.code === 'ENOENT' ? 'redis-server is not installed' : failure.message);
  throw new Error(isGone ? 'redis-server ended at once' : `redis-server did not answer within ${START_TIMEOUT_MS} ms`);
};

const versionOf = async (url) => {
  const { username, password } = new URL(url);
  const user = username === '' ? 'default' : decodeURIComponent(username);
  const login = password === '' ? [] : [['AUTH', user, decodeURIComponent(password)]];
  const text = await replyTo(url, [...login, ['INFO', 'server']]);
  // One that asks for a password is up, too.
  if (text.startsWith('-NOAUTH')) return 'unknown';
  const [, version] = VERSION.exec(text) ?? [];
  if (!version) throw new Error(text.split('\r\n', 1)[0] || 'no answer');
  return version;
};

const VERSION = /redis_version:(\S+)\r\n/;

/** What is answered up to the version, or to an error. */
const replyTo = (url, commands) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port || 6379), timeout: ANSWER_TIMEOUT_MS });
    let reply = '';
    socket.once('connect', () => socket.write(commands.map(encoded).join('')));
    socket.on('data', (chunk) => {
      reply += chunk;
      if (VERSION.test(reply) || reply.startsWith('-')) socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
    socket.once('error', reject);
    socket.once('close', () => resolve(reply));
  });

const encoded = (command) => `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
