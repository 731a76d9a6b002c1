// Whether a write-ahead log still holds all that was committed to it. Its file may become shorter: a checkpoint that truncates it has copied everything before.
import type { DatabaseSync, StatementSync } from 'node:sqlite';

// https://sqlite.org/fileformat2.html#the_write_ahead_log
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** Asks SQLite's own count of the log's pages, which all processes share in memory. */
export class LogLength {
  readonly #countPages: StatementSync;
  readonly #pageBytes: number;

  constructor(database: DatabaseSync) {
    this.#countPages = database.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#pageBytes = Number(database.prepare('PRAGMA page_size').get()?.['page_size']);
  }

  /** @param bytesOf the length of the log's file now. Undefined while it cannot be told, as when the log is begun anew meanwhile. */
  isCutShort(bytesOf: () => bigint | undefined): boolean | undefined {
    const before = this.#pages();
    const bytes = bytesOf();
    if (before === undefined || bytes === undefined) return undefined;
    // Pages are counted once they are in the file, and a checkpoint sets the count to zero before it truncates.
    if (before === 0 || Number(bytes) >= HEADER_BYTES + before * (FRAME_HEADER_BYTES + this.#pageBytes)) return false;
    return this.#pages() === before ? true : undefined;
  }

  #pages(): number | undefined {
    try {
      return Number(this.#countPages.get()?.['log']);
    } catch {
      return undefined; // another process recovers the file, or this one is in a transaction
    }
  }
}
