// A key-value cache in one SQLite file: values, sorted leaderboards, expiry. No server needed.
import { resolve } from 'node:path';
import { systemRuntime } from '@mainstem/event-store';
import type { CacheCollections, CacheQueries } from '@mainstem/projection';
import {
  assertTopOptions,
  type CacheAnswer,
  assertCacheCollections,
  declaredExpiry,
  type Expiry,
  type Place,
  type TopOptions,
} from '@mainstem/projection/adapter';
import { EmbeddedReadStore, type EmbeddedStoreOptions } from '../read-store/embedded-read-store.js';
import { ReadStoreFile } from '../read-store/read-store-file.js';
import { CacheTables } from './cache-tables.js';
import { CacheReader } from './cache-reader.js';

/** Leaderboards and expiry by collection. The file is `cache.db`, the default name `cache`. */
export type EmbeddedCacheOptions = EmbeddedStoreOptions<CacheCollections>;

/** `MsCa` in ASCII. */
const APPLICATION_ID = 0x4d734361;
const FORMAT = 1;

export class EmbeddedCacheStore extends EmbeddedReadStore implements CacheQueries {
  readonly #reader: CacheReader;

  private constructor(
    file: ReadStoreFile,
    private readonly collections: CacheCollections,
  ) {
    const { runtime } = file.options;
    super(file, (database) => new CacheTables(database, collections));
    this.#reader = new CacheReader(file.reader, this.served, runtime);
  }

  /**
   * Errors: READ_STORE_FOREIGN_FILE, READ_STORE_NEWER_FORMAT, READ_STORE_CORRUPT, READ_STORE_READ_ONLY,
   * READ_STORE_DISK_FULL, READ_STORE_BUSY, READ_STORE_CANNOT_OPEN, READ_STORE_IO_FAILED, READ_STORE_SQLITE_TOO_OLD,
   * PROJECTION_INVALID_DEFINITION for a collection.
   */
  static async open({
    dir,
    runtime = systemRuntime,
    collections = {},
    mustExist = false,
    name = 'cache',
  }: EmbeddedCacheOptions): Promise<EmbeddedCacheStore> {
    assertCacheCollections(collections);
    const path = resolve(dir, 'cache.db');
    const file = await ReadStoreFile.open({ path, name, applicationId: APPLICATION_ID, format: FORMAT, runtime, mustExist });
    return new EmbeddedCacheStore(file, collections);
  }

  expiryOf(collection: string): Expiry | undefined {
    return declaredExpiry(this.collections[collection]);
  }

  async get<Document extends object>(collection: string, key: string): Promise<CacheAnswer<Document | undefined>> {
    return this.file.read(() => this.#reader.get<Document>(collection, key));
  }

  async top<Document extends object>(collection: string, board: string, options: TopOptions): Promise<CacheAnswer<readonly Place<Document>[]>> {
    assertTopOptions(options);
    return this.file.read(() => this.#reader.top<Document>(collection, board, options));
  }
}
