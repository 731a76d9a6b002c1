// A primary Redis with a replica, and three sentinels that watch them, all private, in a folder of the test.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startRedis, type RedisServer } from '../../../scripts/services/redis.mjs';
import { RespClient, type Reply, type RespCommand } from '../../fixtures/resp-client.js';

const NAME = 'main';
const SENTINELS = 3;
const QUORUM = 2;
/** After this time without an answer a server counts as down. */
const DOWN_AFTER_MS = 1_000;
/** Also how long a sentinel lets a replica follow another server before it corrects that. */
const FAIL_OVER_MS = 10_000;
const LOOK_MS = 20;
/** A failed election is repeated after twice FAIL_OVER_MS, and a delayed sentinel does nothing for 30 s. */
const TIMEOUT_MS = 120_000;
/** No server listens there. */
const NOWHERE = 1;

export class RedisGroup {
  private constructor(
    readonly primary: RedisServer,
    readonly replica: RedisServer,
    private readonly sentinels: readonly RedisServer[],
  ) {}

  /** Resolves once the replica follows, and every sentinel knows it and the other sentinels. */
  static async start(folder: string): Promise<RedisGroup> {
    const started: RedisServer[] = [];
    const start = async (options: NonNullable<Parameters<typeof startRedis>[0]>): Promise<RedisServer> => {
      const server = await startRedis(options);
      started.push(server);
      return server;
    };
    try {
      const primary = await start({ folder: join(folder, 'primary') });
      const replica = await start({ folder: join(folder, 'replica'), flags: ['--replicaof', '127.0.0.1', String(primary.port)] });
      const group = new RedisGroup(primary, replica, started);
      await group.#until(async () => String(await ask(replica, ['INFO', 'replication'])).includes('master_link_status:up'), 'a replica that follows');
      for (let number = 1; number <= SENTINELS; number++) {
        await start({ folder: join(folder, `sentinel-${number}`), flags: [await settingsFile(folder, number, primary)], isSentinel: true });
      }
      const whole = new RedisGroup(primary, replica, started.slice(2));
      await whole.#until(() => whole.#isKnown(), 'sentinels that know of each other');
      return whole;
    } catch (error) {
      for (const server of started) await server.kill();
      throw error;
    }
  }

  /** As in READ_STORE_CACHE. */
  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`;
  }

  /** Resolves when the replica has everything written to the primary before. */
  async replicated(): Promise<void> {
    // Of all clients, because a reply to WAIT counts from the connection's own last write.
    await this.#until(
      async () => Number(await ask(this.primary, ['SET', 'mark', 1], ['WAIT', 1, DOWN_AFTER_MS])) === 1,
      'a replica that has everything',
    );
  }

  /**
   * Later writes to the primary are lost with it: the replica follows no server. No sentinel mends that before the
   * fail-over.
   */
  async cutOff(): Promise<void> {
    await this.onReplica(['REPLICAOF', '127.0.0.1', NOWHERE]);
  }

  onReplica(...commands: readonly RespCommand[]): Promise<Reply> {
    return ask(this.replica, ...commands);
  }

  /** Resolves when the replica is the primary, and the sentinels say so. */
  async promoted(): Promise<void> {
    await this.#until(async () => {
      const told = await Promise.all(this.sentinels.map((sentinel) => ask(sentinel, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME])));
      return told.every((address) => (address as readonly Reply[])[1] === String(this.replica.port));
    }, 'a replica that was promoted');
  }

  /** Resolves when the former primary, which answers again, follows the new one. */
  async demoted(): Promise<void> {
    await this.#until(
      async () => /role:slave[^]*master_link_status:up/.test(String(await ask(this.primary, ['INFO', 'replication']))),
      'a former primary that follows',
    );
  }

  async stop(): Promise<void> {
    for (const server of [...this.sentinels, this.replica, this.primary]) await server.kill();
  }

  async #isKnown(): Promise<boolean> {
    const told = await Promise.all(this.sentinels.map((sentinel) => ask(sentinel, ['SENTINEL', 'MASTER', NAME])));
    return told.every((reply) => {
      const words = reply as readonly string[];
      const field = (name: string): string | undefined => words[words.indexOf(name) + 1];
      return field('flags') === 'master' && field('num-slaves') === '1' && field('num-other-sentinels') === String(SENTINELS - 1);
    });
  }

  async #until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + TIMEOUT_MS;
    while (!(await condition().catch(() => false))) {
      if (performance.now() > deadline) throw new Error(`no ${what} within ${TIMEOUT_MS} ms`);
      await delay(LOOK_MS);
    }
  }
}

const settingsFile = async (folder: string, number: number, { port }: RedisServer): Promise<string> => {
  const own = join(folder, `sentinel-${number}`);
  await mkdir(own, { recursive: true });
  const file = join(own, 'sentinel.conf');
  const settings = [
    `sentinel monitor ${NAME} 127.0.0.1 ${port} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} ${FAIL_OVER_MS}`,
  ];
  await writeFile(file, `${settings.join('\n')}\n`);
  return file;
};

const ask = async ({ url }: RedisServer, ...commands: readonly RespCommand[]): Promise<Reply> => {
  const client = await RespClient.connect(url);
  try {
    return await client.send(...commands);
  } finally {
    client.close();
  }
};
