// A key-value cache in one SQLite file: values, sorted leaderboards, expiry. No server needed.
import { join } from 'node:path';
import { type Position, type Runtime, systemRuntime } from '@mainstem/event-store';
import { EmbeddedReadStore } from '../read-store/embedded-read-store.js';
import { ReadStoreFile } from '../read-store/read-store-file.js';
import type { CacheCollections } from './cache-options.js';
import { CacheTables } from './cache-tables.js';
import { CacheReader, type CacheView } from './cache-view.js';

export interface EmbeddedCacheOptions {
  /** Folder of the file `cache.db`; both are created where there are none. */
  readonly dir: string;
  readonly runtime?: Runtime;
  /** Leaderboards and expiry by collection. Only a process that writes needs them; queries find what was written. */
  readonly collections?: CacheCollections;
}

/** `MsCa` in ASCII. */
const APPLICATION_ID = 0x4d734361;
const FORMAT = 1;

/** What a query returned, and the state of the event store that it reflects. */
export interface CacheAnswer<Value> {
  readonly value: Value;
  /** The smallest checkpoint of the projections named; undefined if one of them has applied nothing yet. */
  readonly position: Position | undefined;
}

export class EmbeddedCacheStore extends EmbeddedReadStore {
  readonly #reader: CacheReader;

  private constructor(file: ReadStoreFile, collections: CacheCollections) {
    const { runtime } = file.options;
    super(file, (database) => new CacheTables(database, collections, runtime));
    this.#reader = new CacheReader(file.reader, this.served, runtime);
  }

  /**
   * Errors: READ_STORE_FOREIGN_FILE, READ_STORE_NEWER_FORMAT, READ_STORE_CORRUPT, READ_STORE_READ_ONLY, READ_STORE_DISK_FULL, READ_STORE_BUSY,
   * READ_STORE_CANNOT_OPEN, READ_STORE_IO_FAILED, READ_STORE_SQLITE_TOO_OLD.
   */
  static async open({ dir, runtime = systemRuntime, collections = {} }: EmbeddedCacheOptions): Promise<EmbeddedCacheStore> {
    const path = join(dir, 'cache.db');
    const file = await ReadStoreFile.open({ path, name: 'cache', applicationId: APPLICATION_ID, format: FORMAT, runtime });
    return new EmbeddedCacheStore(file, collections);
  }

  /**
   * Runs a query on one snapshot of all serving generations, with the position that it reflects. The query must not await; it may run again if the
   * file was busy. Errors: READ_STORE_UNAVAILABLE; what the query throws.
   */
  async read<Value>(projections: readonly string[], query: (view: CacheView) => Value): Promise<CacheAnswer<Value>> {
    return this.file.read(() => ({ value: this.#reader.query(query), position: this.served.smallestPosition(projections) }));
  }
}
