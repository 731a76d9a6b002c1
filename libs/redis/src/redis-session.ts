// The right to write one generation of a projection in Redis.
import type { Runtime } from '@mainstem/event-store';
import type { CacheCollections } from '@mainstem/projection';
import {
  type Checkpoint,
  checkpointIn,
  CheckpointMoved,
  type CommitBatch,
  decodeDocument,
  encodeDocument,
  fromStorableText,
  GenerationDamaged,
  InvalidDocument,
  InvalidProjection,
  type ParkedEvent,
  type ParkedQuery,
  type ProjectionDocument,
  type ReadStoreSession,
} from '@mainstem/projection/adapter';
import { partField, type StoredCollection, type StoredGeneration } from './bookkeeping/generation-records.js';
import { listParked } from './bookkeeping/parked-records.js';
import type { ProjectionKeys } from './layout/keys.js';
import { COMMIT, FINISH_BULK } from './scripts/commit.js';
import { type RedisConnection, scriptOf } from './server/redis-connection.js';
import { TextTooLong } from './server/redis-errors.js';
import { commitArguments } from './write/commit-arguments.js';

export interface SessionParts {
  readonly connection: RedisConnection;
  readonly keys: ProjectionKeys;
  readonly collections: CacheCollections;
  readonly runtime: Runtime;
  /** The beginning of the keys of the generation's documents. */
  readonly base: string;
  /** The part of the generation that the session writes. */
  readonly partition: number;
  /** Random: no other session, of any data set, has the same. */
  readonly id: string;
}

export class RedisSession implements ReadStoreSession {
  readonly generation: number;
  readonly checkpoint: Checkpoint;
  readonly #collections: ReadonlyMap<string, StoredCollection>;
  /** Number of the session's last known commit: an older or newer data set has another one. */
  #commits: string;
  #isClosed = false;

  constructor(
    private readonly parts: SessionParts,
    private readonly stored: StoredGeneration,
  ) {
    this.generation = stored.number;
    this.checkpoint = checkpointIn(stored, parts.partition);
    this.#commits = stored.commits[parts.partition] ?? '';
    this.#collections = new Map(stored.collections.map((collection) => [collection.name, collection]));
  }

  async load(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, ProjectionDocument>> {
    const { name } = this.#collection(collection);
    const documents = new Map<string, ProjectionDocument>();
    for (let start = 0; start < keys.length; start += LOAD_MAX) {
      const page = keys.slice(start, start + LOAD_MAX);
      const { connection, base } = this.parts;
      const found = (await connection.call('hmget', [`${base}${name}:d`, ...page])) as readonly (string | null)[];
      page.forEach((key, index) => {
        const document = found[index];
        if (document) documents.set(key, decodeDocument(document));
      });
    }
    return documents;
  }

  async expiredKeys(collection: string, until: number, limit: number): Promise<readonly string[]> {
    const { name, derivation } = this.#collection(collection);
    const { connection, base } = this.parts;
    const range = ['-inf', String(until), 'LIMIT', '0', String(limit)];
    return (await connection.call('zrangebyscore', [`${base}${name}:${derivation}:x`, ...range])) as readonly string[];
  }

  async commit(batch: CommitBatch): Promise<void> {
    const { collections } = this.parts;
    if (this.#isClosed) throw this.#moved();
    for (const { collection } of batch.changes) this.#collection(collection);
    const claim = {
      number: this.generation,
      part: this.#part,
      session: this.parts.id,
      commits: this.#commits,
      updatedAt: this.#time(),
    };
    const args = commitArguments(claim, batch, collections);
    const [status, detail = ''] = await this.#send(batch, args);
    if (status === 'moved') throw this.#moved();
    if (status === 'damaged') throw new GenerationDamaged(this.stored.projection, this.generation, detail);
    this.#commits = detail;
  }

  async finishBulk(): Promise<void> {
    const { connection, keys, id } = this.parts;
    if (this.#isClosed) throw this.#moved();
    const [status] = (await connection.run(SCRIPTS.finishBulk, [keys.meta, keys.root], [this.generation, this.#part, id, this.#time()])) as [string];
    if (status === 'moved') throw this.#moved();
  }

  async parked(query: ParkedQuery): Promise<readonly ParkedEvent[]> {
    return listParked(this.parts, query, { projection: this.stored.projection, number: this.generation });
  }

  async parkedKeys(): Promise<ReadonlyMap<string, number>> {
    const counts = (await this.parts.connection.call('hgetall', [`${this.parts.base}$parked:n`])) as string[];
    const keys = new Map<string, number>();
    for (let index = 0; index + 1 < counts.length; index += 2) keys.set(fromStorableText(counts[index] ?? ''), Number(counts[index + 1]));
    return keys;
  }

  /** Nothing is held between commits, so nothing is released; the session cannot commit any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async #send(batch: CommitBatch, args: readonly string[]): Promise<readonly [status: string, detail?: string]> {
    const { connection, keys } = this.parts;
    try {
      return (await connection.run(SCRIPTS.commit, [keys.meta, keys.root], args)) as [string, string?];
    } catch (error) {
      throw error instanceof TextTooLong ? tooLong(batch, error) : error;
    }
  }

  get #part(): string {
    return partField(this.parts.partition);
  }

  #time(): string {
    return new Date(this.parts.runtime.now()).toISOString();
  }

  #moved(): CheckpointMoved {
    return new CheckpointMoved(this.stored.projection, this.generation);
  }

  #collection(name: string): StoredCollection {
    const collection = this.#collections.get(name);
    if (!collection) throw new InvalidProjection(this.stored.projection, `its generation ${this.generation} has no collection ${name}`);
    return collection;
  }
}

/** The number of documents that one request loads. */
const LOAD_MAX = 5_000;

const SCRIPTS = { commit: scriptOf(COMMIT), finishBulk: scriptOf(FINISH_BULK) };

/** The longest document is at fault: the server does not name it. */
const tooLong = ({ changes }: CommitBatch, error: TextTooLong): Error => {
  let longest: { readonly collection: string; readonly key: string; readonly bytes: number } | undefined;
  for (const { collection, upserts } of changes) {
    for (const [key, document] of upserts) {
      const bytes = Buffer.byteLength(encodeDocument(collection, key, document));
      if (!longest || bytes > longest.bytes) longest = { collection, key, bytes };
    }
  }
  if (!longest) return error;
  const { collection, key, bytes } = longest;
  return new InvalidDocument(collection, key, `it has ${bytes} bytes as JSON, and the server accepts less (proto-max-bulk-len)`, error);
};
