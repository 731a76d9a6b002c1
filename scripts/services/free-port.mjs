// A free port on loopback.
import { createServer } from 'node:net';

const ATTEMPTS_MAX = 100;

/** Ports given out in this process, which may not be in use yet. */
const given = new Set();

/** Any free port; each call gives another one. */
export const freePort = async () => {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = await probe(0);
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port that this process has not used, after ${ATTEMPTS_MAX} attempts`);
};

/**
 * A free port of a range, tried in random order, so that two processes seldom try the same one.
 * @param {number} from
 * @param {number} to inclusive
 */
export const freePortBetween = async (from, to) => {
  const ports = Array.from({ length: to - from + 1 }, (_, index) => from + index).sort(() => Math.random() - 0.5);
  for (const port of ports) {
    try {
      return await probe(port);
    } catch {
      // taken: the next one
    }
  }
  throw new Error(`no port from ${from} to ${to} is free`);
};

const probe = (wanted) =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
