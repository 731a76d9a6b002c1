// What `npm run services` started and keeps running: where it is noted, and how it is told to end.
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { inRoot } from '../repository.mjs';

const CONNECT_TIMEOUT_MS = 2_000;

/** Git ignores it. */
export const keptFolder = inRoot('.services');
export const keptFile = inRoot('.services', 'kept.json');

/** @typedef {{ pid: number, port: number, token: string, env: Record<string, string>, found: readonly string[], started: readonly string[] }} Kept */

/**
 * What is kept running; undefined if nothing is, or not any more.
 * @returns {Promise<Kept | undefined>}
 */
export const readKept = async () => {
  if (!existsSync(keptFile)) return undefined;
  const kept = JSON.parse(readFileSync(keptFile, 'utf8'));
  return (await tell(kept, 'hello')) === 'kept' ? kept : undefined;
};

/**
 * Ends it. Its process number alone would not do: after a restart of the machine it may be somebody else's. So it is asked, and knows its token.
 * @param {Kept} kept
 */
export const stopKept = (kept) => tell(kept, 'stop');

/** The answer; undefined if nobody answers there. */
const tell = ({ port, token }, order) =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${token} ${order}\n`));
    // Once connected, it says when it is done.
    socket.setTimeout(order === 'stop' ? 0 : CONNECT_TIMEOUT_MS, () => socket.destroy());
    socket.setEncoding('utf8').on('data', (text) => (answer += text));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(answer.trim() || undefined));
  });
