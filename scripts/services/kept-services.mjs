// The services that `npm run services` started and keeps running: where they are noted, and how they are ended.
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { inRoot } from '../repository.mjs';

const CONNECT_TIMEOUT_MS = 2_000;

/** Git ignores it. */
export const keptFolder = inRoot('.services');
export const keptFile = inRoot('.services', 'kept.json');

/** @typedef {{ pid: number, port: number, token: string, env: Record<string, string>, found: readonly string[], started: readonly string[] }} Kept */

/**
 * What is kept running; undefined if nothing is.
 * @returns {Promise<Kept | undefined>}
 */
export const readKept = async () => {
  if (!existsSync(keptFile)) return undefined;
  const kept = JSON.parse(readFileSync(keptFile, 'utf8'));
  return (await tell(kept, 'hello')) === 'kept' ? kept : undefined;
};

/**
 * Ends it. After a restart of the machine, its process number may belong to another program. So this asks the keeper by
 * its token.
 * @param {Kept} kept
 */
export const stopKept = (kept) => tell(kept, 'stop');

/** The answer; undefined if no keeper answers. */
const tell = ({ port, token }, order) =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${token} ${order}\n`));
    // Once connected, the keeper reports the end of its work.
    socket.setTimeout(order === 'stop' ? 0 : CONNECT_TIMEOUT_MS, () => socket.destroy());
    socket.setEncoding('utf8').on('data', (text) => (answer += text));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(answer.trim() || undefined));
  });
