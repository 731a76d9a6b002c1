// A private PostgreSQL, Redis and OpenSearch, each of which can be ended and started again with its data.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeededRandom } from '@mainstem/testing';
import { startRedis } from '../../../scripts/services/redis.mjs';
import { startNode } from '../../contract/opensearch-nodes.js';
import { PrivatePostgres } from '../../fixtures/private-postgres.js';

export const TRIO = ['postgres', 'redis', 'opensearch'] as const;
export type TrioName = (typeof TRIO)[number];

export interface TrioServer {
  readonly port: number;
  /** In order, or as a crash does. */
  down(chance: SeededRandom): Promise<void>;
  /** On the same port, with everything it had acknowledged. */
  up(): Promise<void>;
  remove(): Promise<void>;
}

export type Trio = Readonly<Record<TrioName, TrioServer>>;

/** Redis acknowledges only what is on its disk, like the others. */
const KEEPING = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** The caller removes what is in `folder`. */
export const startTrio = async (folder: string): Promise<Trio> => {
  const [postgres, redis, opensearch] = await Promise.all([
    startPostgres(),
    restartable((port) => startRedis({ folder: join(folder, 'redis'), flags: KEEPING, ...port })),
    mkdir(join(folder, 'opensearch')).then(() => restartable((port) => startNode({ folder: join(folder, 'opensearch'), ...port }))),
  ]);
  return { postgres, redis, opensearch };
};

const startPostgres = async (): Promise<TrioServer> => {
  const server = await PrivatePostgres.start();
  return {
    port: server.port,
    down: (chance) => server.stop(chance.pick(['fast', 'immediate', 'kill'])),
    up: () => server.resume(),
    remove: () => server[Symbol.asyncDispose](),
  };
};

interface Running {
  readonly port: number;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

const restartable = async (start: (place: { readonly port?: number }) => Promise<Running>): Promise<TrioServer> => {
  let running = await start({});
  const { port } = running;
  return {
    port,
    down: (chance) => (chance.next() < 0.5 ? running.stop() : running.kill()),
    up: async () => void (running = await start({ port })),
    remove: () => running.kill(),
  };
};
