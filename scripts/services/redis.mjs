// Finds a Redis for the tests: REDIS_URL, else 127.0.0.1:6379, else a private one. Destructive tests start their own.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.mjs';
import { findServer, startServer } from './server-process.mjs';

const ANSWER_TIMEOUT_MS = 2_000;
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

export const findRedis = () => findServer({ name: 'Redis', variable: 'REDIS_URL', local: ['redis://127.0.0.1:6379'], versionOf, start: startRedis });

/**
 * A redis-server on loopback. Its folder is temporary and removed by `stop`; in a given folder the dump stays for the
 * next start.
 * @param {{
 *   folder?: string, port?: number, flags?: readonly string[], isSentinel?: boolean,
 *   certificate?: { file: string, keyFile: string } }} [options] flags as on the command line, such as `--appendonly yes`; with a certificate it speaks TLS on a second port
 * @returns {Promise<{
 *   url: string, port: number, tlsPort: number | undefined, folder: string, version: string, pid: number,
 *   stop: () => Promise<void>, kill: () => Promise<void> }>} `kill` ends it as a crash does, and leaves the folder. Errors: says what is missing.
 */
export const startRedis = async ({ folder, port, flags = [], isSentinel = false, certificate } = {}) => {
  const base = folder ?? mkdtempSync(path.join(os.tmpdir(), 'mainstem-redis-'));
  mkdirSync(base, { recursive: true });
  const onPort = port ?? (await freePort());
  const settings = ['--port', String(onPort), '--bind', '127.0.0.1', '--dir', base, '--loglevel', 'warning'];
  const tlsPort = certificate && (await freePort());
  const tls = certificate ? tlsSettings(certificate, tlsPort) : [];
  // A sentinel needs its file first, and saves nothing else.
  const given = isSentinel ? [...flags, '--sentinel', ...settings] : [...settings, ...tls, '--save', '', ...flags];
  const url = `redis://127.0.0.1:${onPort}`;
  const server = await startServer({
    program: 'redis-server',
    args: given,
    options: { cwd: base },
    ask: () => versionOf(url),
    startTimeoutMs: START_TIMEOUT_MS,
    pollMs: POLL_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    stopped: () => folder === undefined && rmSync(base, { recursive: true, force: true }),
  });
  return { ...server, url, port: onPort, tlsPort, folder: base };
};

const tlsSettings = ({ file, keyFile }, port) => [
  ...['--tls-port', String(port), '--tls-cert-file', file, '--tls-key-file', keyFile],
  ...['--tls-auth-clients', 'no'],
];

const versionOf = async (url) => {
  const { username, password } = new URL(url);
  const user = username === '' ? 'default' : decodeURIComponent(username);
  const login = password === '' ? [] : [['AUTH', user, decodeURIComponent(password)]];
  const text = await replyTo(url, [...login, ['INFO', 'server']]);
  // A server that asks for a password is up, too.
  if (text.startsWith('-NOAUTH')) return 'unknown';
  const [, version] = VERSION.exec(text) ?? [];
  if (!version) throw new Error(text.split('\r\n', 1)[0] || 'no answer');
  return version;
};

const VERSION = /redis_version:(\S+)\r\n/;

/** The answer up to the version, or to an error. */
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
