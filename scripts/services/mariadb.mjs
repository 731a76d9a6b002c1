// Finds a MariaDB for the tests: MARIADB_URL, else 127.0.0.1:3306, else a mariadbd of the path in a temporary folder.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.mjs';
import { findServer, startServer } from './server-process.mjs';

const CONNECT_TIMEOUT_MS = 2_000;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 100;

export const findMariadb = () =>
  findServer({ name: 'MariaDB', variable: 'MARIADB_URL', local: ['mariadb://root@127.0.0.1:3306/'], versionOf, start: startMariadb });

/**
 * A mariadbd on loopback whose user root has no password. Its folder is temporary and gone after `stop`, unless one is given.
 * @param {{ folder?: string, port?: number, flags?: readonly string[], certificate?: { file: string, keyFile: string } }} [options]
 *   with a certificate it offers TLS
 * @returns {Promise<{ url: string, port: number, folder: string, version: string, pid: number, stop: () => Promise<void>, kill: () => Promise<void> }>}
 *   `kill` ends it as a crash does, and leaves the folder. Errors: says what is missing.
 */
export const startMariadb = async ({ folder, port, flags = [], certificate } = {}) => {
  const base = folder ?? mkdtempSync(path.join(os.tmpdir(), 'mainstem-mariadb-'));
  const owner = unprivileged();
  const remove = () => folder === undefined && rmSync(base, { recursive: true, force: true });
  const data = path.join(base, 'data');
  try {
    if (owner) {
      chmodSync(base, 0o755);
      chownSync(base, owner.uid, owner.gid);
    }
    if (folder === undefined || port === undefined) initialize(base, data, owner);
    const onPort = port ?? (await freePort());
    const url = `mariadb://root@127.0.0.1:${onPort}/`;
    const settings = [
      `--datadir=${data}`,
      `--tmpdir=${base}`,
      `--port=${onPort}`,
      '--bind-address=127.0.0.1',
      `--socket=${path.join(base, 'socket')}`,
    ];
    const small = ['--innodb-buffer-pool-size=64M', '--innodb-flush-log-at-trx-commit=2', '--skip-name-resolve', '--character-set-server=latin1'];
    const tls = certificate ? tlsSettings(certificate, base, owner) : [];
    const server = await startServer({
      program: 'mariadbd',
      args: ['--no-defaults', ...settings, ...small, ...tls, ...flags],
      options: { ...owner, cwd: base },
      ask: () => versionOf(url),
      startTimeoutMs: START_TIMEOUT_MS,
      pollMs: POLL_MS,
      stopTimeoutMs: STOP_TIMEOUT_MS,
      stopped: remove,
    });
    return { ...server, url, port: onPort, folder: base };
  } catch (error) {
    remove();
    throw error;
  }
};

// The server refuses to run as root, and cannot read root's folders as another user.
const unprivileged = () => (process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined);

/** Copies of both files, which that user can read. */
const tlsSettings = ({ file, keyFile }, base, owner) => {
  const copies = [path.join(base, 'certificate.pem'), path.join(base, 'key.pem')];
  for (const [place, source] of [file, keyFile].entries()) {
    copyFileSync(source, copies[place]);
    if (owner) chownSync(copies[place], owner.uid, owner.gid);
  }
  return [`--ssl-cert=${copies[0]}`, `--ssl-key=${copies[1]}`];
};

// Each server has its temporary files to itself: when one starts, it removes what it takes for leftovers.
const initialize = (base, data, owner) => {
  const flags = ['--no-defaults', `--datadir=${data}`, `--tmpdir=${base}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
  try {
    execFileSync('mariadb-install-db', flags, { ...owner, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    throw new Error(
      error.code === 'ENOENT' ? 'mariadb-install-db is not installed' : `mariadb-install-db failed: ${String(error.stderr ?? error.message).trim()}`,
    );
  }
};

const versionOf = async (url) => {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({ uri: url.replace(/^mariadb:/, 'mysql:'), connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    const [[{ version }]] = await connection.query('SELECT version() AS version');
    return String(version).split('-')[0];
  } finally {
    await connection.end();
  }
};
