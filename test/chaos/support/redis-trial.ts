// A counter that is not idempotent, projected into a private Redis and into memory; a reader checks every answer.
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { defineEvents, InMemoryEventStore, streamOf, type EventId, type Position } from '@mainstem/event-store';
import { documentProjection, Projector } from '@mainstem/projection';
import { verifyProjection, type Generation, type VerifyDifference } from '@mainstem/projection/operate';
import { MemoryReadStore, type SeededRandom } from '@mainstem/testing';
import { RedisReadStore } from '@mainstem/redis';
import { IsInt } from 'class-validator';
import { startRedis, type RedisServer } from '../../../scripts/services/redis.mjs';
import { RespClient } from '../../fixtures/resp-client.js';
import type { RedisGroup } from './redis-group.js';

const KEYS = 12;
const LOOK_MS = 10;
const SETTLED_MS = 120_000;
const PREFIX = 'mainstem:{counts}:';

class CountedData {
  @IsInt() amount!: number;
}
const countEvents = defineEvents('count', { Counted: CountedData });

interface Count {
  readonly key: string;
  readonly times: number;
  readonly sum: number;
}
class CountDocument {
  key!: string;
  times!: number;
  sum!: number;
}

const counts = documentProjection({
  name: 'counts',
  version: 1,
  document: CountDocument as new () => Count,
  events: [countEvents],
  key: (event) => event.stream,
  evolve: {
    Counted: (count, { data }, key) => ({ key, times: (count?.times ?? 0) + 1, sum: (count?.sum ?? 0) + data.amount }),
  },
});
const inMemory = documentProjection({
  name: 'counts-in-memory',
  version: 1,
  document: CountDocument as new () => Count,
  events: [countEvents],
  key: (event) => event.stream,
  evolve: {
    Counted: (count, { data }, key) => ({ key, times: (count?.times ?? 0) + 1, sum: (count?.sum ?? 0) + data.amount }),
  },
});

export interface RedisTrialOptions {
  readonly flags?: readonly string[];
  /** The address that the stores are given, if it is not the server's own. */
  readonly through?: (port: number) => Promise<number>;
  /** Its primary is the server, and the stores find it through its sentinels. The maker of the group stops it. */
  readonly group?: RedisGroup;
}

const boards = ({ sum }: Count) => [{ board: 'sums', score: sum }];

export class RedisTrial {
  readonly events = new InMemoryEventStore();
  readonly memory = new MemoryReadStore();
  readonly flaws: string[] = [];
  readonly #folds = new Map<string, { readonly position: Position; readonly count: Count }[]>();
  readonly #over = new AbortController();
  #server: RedisServer;
  #projector: Projector | undefined;
  #head: Position = 0n as Position;
  answers = 0;
  misses = 0;
  /** The first position that an answer had, since reading began. */
  earliest: Position | undefined;

  private constructor(
    readonly chance: SeededRandom,
    readonly folder: string,
    readonly flags: readonly string[],
    server: RedisServer,
    readonly store: RedisReadStore,
    readonly reader: RedisReadStore,
  ) {
    this.#server = server;
  }

  static async start(chance: SeededRandom, folder: string, { flags = [], through, group }: RedisTrialOptions = {}): Promise<RedisTrial> {
    await mkdir(folder, { recursive: true });
    const server = group?.primary ?? (await startRedis({ folder, flags }));
    try {
      const url = group?.url ?? `redis://127.0.0.1:${through ? await through(server.port) : server.port}`;
      const store = await RedisReadStore.open({ url }, { collections: { counts: { boards } } });
      const trial = new RedisTrial(chance, folder, flags, server, store, await RedisReadStore.open({ url }));
      await trial.write(chance.int(50, 300));
      trial.startProjector();
      await trial.settled();
      return trial;
    } catch (error) {
      await server.kill(); // no other client can
      throw error;
    }
  }

  /** Of the event store. */
  get head(): Position {
    return this.#head;
  }

  get port(): number {
    return this.#server.port;
  }

  startProjector(): void {
    const recovery = { retryDelayMs: 5, retryDelayMaxMs: 50 };
    this.#projector = new Projector({
      reader: this.events,
      projections: [
        { projection: counts, store: this.store, recovery },
        { projection: inMemory, store: this.memory, recovery },
      ],
      batchSizeMax: 20,
    });
    this.#projector.start();
  }

  async stopProjector(): Promise<void> {
    await this.#projector?.stop();
    this.#projector = undefined;
  }

  /** Appends events, and keeps the state of each key after each of them. */
  async write(events: number): Promise<void> {
    for (let left = events; left > 0; left--) {
      const stream = streamOf('count', `k${this.chance.int(1, KEYS)}`);
      const amount = this.chance.int(1, 9);
      const event = { id: randomUUID() as EventId, type: 'Counted', data: { amount }, metadata: {} };
      const { position } = await this.events.append(stream, [event], { expectedRevision: 'any' });
      const fold = this.#folds.get(stream) ?? [];
      const { times, sum } = fold.at(-1)?.count ?? { times: 0, sum: 0 };
      fold.push({ position, count: { key: stream, times: times + 1, sum: sum + amount } });
      this.#folds.set(stream, fold);
      this.#head = position;
    }
  }

  /** Asks for keys until the trial is over: an answer is the fold up to its position, or a miss without one. */
  async read(): Promise<void> {
    const keys = [...this.#folds.keys()];
    while (!this.#over.signal.aborted) {
      const key = this.chance.pick(keys);
      try {
        const { value, position } = await this.reader.get<Count>('counts', key);
        this.answers++;
        if (position === undefined) this.misses++;
        this.earliest ??= position;
        const expected = position === undefined ? undefined : this.#foldAt(key, position);
        if (JSON.stringify(value) !== JSON.stringify(expected)) {
          this.flaws.push(`${key} at ${String(position)} is ${JSON.stringify(value)}, not ${JSON.stringify(expected)}`);
        }
      } catch {
        await delay(LOOK_MS); // away: a missing answer is not a wrong one
      }
    }
  }

  /** Everything is applied, in both stores, without any restart. */
  async settled(): Promise<void> {
    const deadline = performance.now() + SETTLED_MS;
    for (;;) {
      const flaw = await this.#flaw().catch((error: unknown) => String(error));
      if (flaw === undefined) return;
      if (performance.now() > deadline) throw new Error(`not settled within ${SETTLED_MS} ms: ${flaw}; ${JSON.stringify(this.statuses())}`);
      await delay(LOOK_MS);
    }
  }

  statuses(): readonly string[] {
    return this.#projector?.status().map(({ projection, state, reason }) => `${projection} ${state} ${reason ?? ''}`) ?? [];
  }

  /** The other store has applied everything. */
  async memoryIsLive(): Promise<boolean> {
    const [generation] = await this.memory.generations('counts-in-memory');
    return generation?.checkpoint.position === this.#head;
  }

  async verify(): Promise<readonly VerifyDifference[]> {
    return (await verifyProjection({ hosted: { projection: counts, store: this.store }, reader: this.events })).differences;
  }

  /** What was applied in Redis, and in the other store, which has no faults. */
  async digests(): Promise<{ readonly redis: string | undefined; readonly undisturbed: string | undefined }> {
    const [redis, undisturbed] = await Promise.all([this.store.generations('counts'), this.memory.generations('counts-in-memory')]);
    const digestOf = (generations: readonly Generation[]): string | undefined =>
      generations.find(({ state }) => state === 'serving')?.checkpoint.digest;
    return { redis: digestOf(redis), undisturbed: digestOf(undisturbed) };
  }

  /** A connection that has nothing to do with the stores. */
  async onServer<Result>(work: (client: RespClient) => Promise<Result>): Promise<Result> {
    const client = await RespClient.connect(this.#server.url);
    try {
      return await work(client);
    } finally {
      client.close();
    }
  }

  /** Of one kind: `generations`, or the end of a data key such as `counts:d`. */
  async keyOf(end: string): Promise<string> {
    const keys = (await this.onServer((client) => client.send(['KEYS', `${PREFIX}*`]))) as string[];
    const found = keys.filter((key) => key.endsWith(end)).sort();
    const key = found.at(-1);
    if (!key) throw new Error(`no key ends with ${end}: ${keys.join(' ')}`);
    return key;
  }

  async dump(): Promise<string> {
    await this.onServer((client) => client.send(['SAVE']));
    const copy = join(this.folder, 'older.rdb');
    await copyFile(join(this.folder, 'dump.rdb'), copy);
    return copy;
  }

  /** Kills the server and starts it again on the same port, with another dump if one is given. */
  async restart(dump?: string): Promise<void> {
    const { port } = this.#server;
    await this.#server.kill();
    if (dump !== undefined) await copyFile(dump, join(this.folder, 'dump.rdb'));
    this.#server = await startRedis({ folder: this.folder, port, flags: this.flags });
  }

  async kill(): Promise<void> {
    await this.#server.kill();
  }

  async end(): Promise<void> {
    this.#over.abort();
    await this.stopProjector();
    for (const store of [this.store, this.reader, this.memory]) await store.close();
    await this.events.close();
    await this.#server.kill();
  }

  #foldAt(key: string, position: Position): Count | undefined {
    return this.#folds.get(key)?.findLast((one) => one.position <= position)?.count;
  }

  async #flaw(): Promise<string | undefined> {
    if (!(await this.memoryIsLive())) return 'the store in memory is behind';
    const expected = [...this.#folds].map(([key, fold]) => [key, fold.at(-1)?.count.sum ?? 0] as const);
    for (const [key] of expected) {
      const { value, position } = await this.reader.get<Count>('counts', key);
      if (position !== this.#head) return `${key} reflects ${String(position)}, not ${this.#head}`;
      if (JSON.stringify(value) !== JSON.stringify(this.#foldAt(key, position))) return `${key} is ${JSON.stringify(value)}`;
    }
    const { value: places } = await this.reader.top('counts', 'sums', { limit: 1_000 });
    const told = JSON.stringify(places.map(({ key, score }) => [key, score]));
    const sorted = expected.sort(([leftKey, left], [rightKey, right]) => right - left || (leftKey < rightKey ? -1 : 1));
    return told === JSON.stringify(sorted) ? undefined : `the board is ${told}, not ${JSON.stringify(sorted)}`;
  }
}
