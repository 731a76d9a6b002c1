// Hashes of documents and sorted sets of leaderboards in Redis: a batch is one pipelined transaction.
import { cacheCollections } from '#apps/read-models/src/cache/cache-collections.js';
import { deleteKeys } from '../../fixtures/redis-keys.js';
import { RespClient, type Reply, type RespCommand } from '../../fixtures/resp-client.js';
import { redisUrl } from '../redis-prefix.js';
import type { BatchTarget } from './batch-target.js';

interface Standing {
  readonly board: string;
  readonly score: number;
}

const boardsOf = cacheCollections as unknown as Readonly<Record<string, { readonly boards: (document: object) => readonly Standing[] } | undefined>>;

/** Values that one command carries. */
const VALUES_MAX = 2_000;

export const redisTarget = async (): Promise<BatchTarget> => {
  const prefix = `mainstem-bench-${process.pid}-${Date.now()}:`;
  const client = await RespClient.connect(redisUrl());
  const held = new Map<string, readonly Standing[]>();
  return {
    write: async (changes, position) => {
      const commands: RespCommand[] = [['MULTI']];
      for (const [collection, rows] of changes.flatMap((changed) => [...changed]))
        addRows(commands, `${prefix}${collection}`, collection, rows, held);
      commands.push(['SET', `${prefix}checkpoint`, position], ['EXEC']);
      const replies = await client.pipeline(commands);
      for (const reply of [...replies, ...((replies.at(-1) ?? []) as readonly Reply[])]) if (reply instanceof Error) throw reply;
    },
    count: async (collection) => Number(await client.send(['HLEN', `${prefix}${collection}`])),
    close: async () => {
      client.close();
      await deleteKeys(redisUrl(), prefix);
    },
  };
};

/** The places that a document has on leaderboards are remembered in memory. */
const addRows = (
  commands: RespCommand[],
  hash: string,
  collection: string,
  rows: ReadonlyMap<string, object | undefined>,
  held: Map<string, readonly Standing[]>,
): void => {
  const boards = boardsOf[collection]?.boards;
  const documents = new Chunks(commands, 'HSET', hash);
  const entered = new Map<string, Chunks>();
  for (const [key, row] of rows) {
    if (row) documents.push(key, JSON.stringify(row));
    else commands.push(['HDEL', hash, key]);
    if (!boards) continue;
    const place = `${collection}/${key}`;
    const next = row ? boards(row) : [];
    for (const { board } of held.get(place) ?? []) {
      if (!next.some((one) => one.board === board)) commands.push(['ZREM', `${hash}:${board}`, key]);
    }
    for (const { board, score } of next) {
      let chunks = entered.get(board);
      if (!chunks) entered.set(board, (chunks = new Chunks(commands, 'ZADD', `${hash}:${board}`)));
      chunks.push(-score, key);
    }
    held.set(place, next);
  }
  documents.flush();
  for (const chunks of entered.values()) chunks.flush();
};

/** Gathers pairs of values into as few commands as possible. */
class Chunks {
  #values: (string | number)[] = [];

  constructor(
    private readonly commands: RespCommand[],
    private readonly command: string,
    private readonly key: string,
  ) {}

  push(first: string | number, second: string): void {
    this.#values.push(first, second);
    if (this.#values.length >= VALUES_MAX) this.flush();
  }

  flush(): void {
    if (this.#values.length > 0) this.commands.push([this.command, this.key, ...this.#values]);
    this.#values = [];
  }
}
