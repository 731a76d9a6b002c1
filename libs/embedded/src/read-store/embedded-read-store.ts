// The read store port on one SQLite file: the common part of the cache and the full-text index.
import type { DatabaseSync } from 'node:sqlite';
import { throwIfAborted, type Runtime } from '@mainstem/event-store';
import { type DerivedDifference, RecordedReadStore } from '@mainstem/projection/adapter';
import type { CollectionTables } from './collection-tables.js';
import { EmbeddedRecords } from './embedded-records.js';
import { GenerationRecords } from './bookkeeping/generation-records.js';
import type { ReadStoreFile } from './read-store-file.js';

/** What both stores are told; `Collections` are their declarations. */
export interface EmbeddedStoreOptions<Collections> {
  /** The folder of its file; both are created if they are missing. */
  readonly dir: string;
  readonly runtime?: Runtime;
  /** Its name in status, messages and `--store`; give each its own if a process has several. */
  readonly name?: string;
  /** True: refuse a folder without the file (READ_STORE_CANNOT_OPEN) instead of making it. Default false. */
  readonly mustExist?: boolean;
  /** By collection. Only writing processes need them; queries use what was written. */
  readonly collections?: Collections;
}

/**
 * Documents, parked events and checkpoint of a batch are one SQLite transaction. Any number of processes may open the
 * same file: writers take turns; readers see one snapshot and do not wait.
 *
 * Besides the port's promise, `open` derives tables (leaderboards, index) of another declaration anew. If the expiry of
 * documents changes, it refuses the generation (READ_STORE_FINGERPRINT_MISMATCH).
 */
export abstract class EmbeddedReadStore extends RecordedReadStore {
  protected readonly file: ReadStoreFile;
  /** On the reading connection. */
  protected readonly served: GenerationRecords;
  readonly #tablesOn: (database: DatabaseSync) => CollectionTables;

  protected constructor(file: ReadStoreFile, tablesOn: (database: DatabaseSync) => CollectionTables) {
    super(new EmbeddedRecords(file, tablesOn), file.options.runtime);
    this.file = file;
    this.served = new GenerationRecords(file.reader);
    this.#tablesOn = tablesOn;
  }

  async checkDerived(projection: string, number: number, signal?: AbortSignal): Promise<readonly DerivedDifference[]> {
    return this.file.snapshot(async (database) => {
      const [generations, tables] = [new GenerationRecords(database), this.#tablesOn(database)];
      const differences: DerivedDifference[] = [];
      for (const collection of generations.collections(generations.idOf(projection, number))) {
        throwIfAborted(signal, 'checkDerived');
        differences.push(...(await tables.differences(collection, signal)));
      }
      return differences;
    });
  }
}
