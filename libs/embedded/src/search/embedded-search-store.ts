// A full-text index in one SQLite file: ranking, highlights, search as you type. No server needed.
import { resolve } from 'node:path';
import { systemRuntime } from '@mainstem/event-store';
import type { SearchCollections, SearchQueries, SearchRequest } from '@mainstem/projection';
import { parseRequest, type SearchResult } from '@mainstem/projection/adapter';
import { EmbeddedReadStore, type EmbeddedStoreOptions } from '../read-store/embedded-read-store.js';
import { ReadStoreFile } from '../read-store/read-store-file.js';
import { SearchReader } from './search-reader.js';
import { SearchTables } from './search-tables.js';

/** Text fields and filters by collection. The file is `search.db`, the default name `search`. */
export type EmbeddedSearchOptions = EmbeddedStoreOptions<SearchCollections>;

/** `MsSe` in ASCII. */
const APPLICATION_ID = 0x4d735365;
const FORMAT = 1;

export class EmbeddedSearchStore extends EmbeddedReadStore implements SearchQueries {
  readonly #reader: SearchReader;

  private constructor(file: ReadStoreFile, collections: SearchCollections) {
    super(file, (database) => new SearchTables(database, collections));
    this.#reader = new SearchReader(file.reader, this.served);
  }

  /**
   * Errors: PROJECTION_INVALID_DEFINITION for wrong options; READ_STORE_FOREIGN_FILE, READ_STORE_NEWER_FORMAT,
   * READ_STORE_CORRUPT, READ_STORE_READ_ONLY, READ_STORE_DISK_FULL, READ_STORE_BUSY, READ_STORE_CANNOT_OPEN,
   * READ_STORE_IO_FAILED, READ_STORE_SQLITE_TOO_OLD.
   */
  static async open({
    dir,
    runtime = systemRuntime,
    collections = {},
    mustExist = false,
    name = 'search',
  }: EmbeddedSearchOptions): Promise<EmbeddedSearchStore> {
    const path = resolve(dir, 'search.db');
    const file = await ReadStoreFile.open({ path, name, applicationId: APPLICATION_ID, format: FORMAT, runtime, mustExist });
    try {
      return new EmbeddedSearchStore(file, collections);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async get<Document extends object>(collection: string, key: string): Promise<Document | undefined> {
    return this.file.read(() => this.#reader.get<Document>(collection, key));
  }

  async search<Document extends object>(collection: string, request: SearchRequest): Promise<SearchResult<Document>> {
    const words = parseRequest(request);
    return this.file.read(() => this.#reader.search<Document>(collection, request, words));
  }
}
