// Checks that a write-ahead log still holds all its commits. It may become shorter: a truncating checkpoint has copied
// all of it before.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

// https://sqlite.org/fileformat2.html#the_write_ahead_log
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The last bit gives the byte order of checksums. */
const MAGIC = 0x377f0682;

/** Compares the log with SQLite's own page count in shared memory, and looks for holes that were never written. */
export class LogCheck {
  readonly #path: string;
  readonly #countPages: StatementSync;
  readonly #frameBytes: number;

  constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#countPages = database.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#frameBytes = FRAME_HEADER_BYTES + Number(database.prepare('PRAGMA page_size').get()?.['page_size']);
  }

  /**
   * Call it when the file's length has changed. A longer file costs two reads: the last commit may have gone behind an
   * end that was cut off just before. Undefined while it is unknown, for example while another process begins the log
   * anew.
   */
  isCutShort(bytesBefore: number): boolean | undefined {
    const pages = this.#pages();
    if (pages === undefined) return undefined;
    try {
      if (this.#isWhole(pages, bytesBefore)) return false;
    } catch {
      return undefined; // it was removed meanwhile: the next look reports it
    }
    return this.#pages() === pages ? true : undefined;
  }

  #isWhole(pages: number, bytesBefore: number): boolean {
    const log = openSync(this.#path, 'r');
    try {
      const bytes = fstatSync(log).size;
      // Pages are counted once they are in the file, and a checkpoint resets the count before it truncates.
      if (pages > 0 && bytes < HEADER_BYTES + pages * this.#frameBytes) return false;
      if (bytes === 0) return true;
      if ((numberAt(log, 0) & ~1) !== MAGIC) return false;
      const last = Math.floor((bytesBefore - HEADER_BYTES) / this.#frameBytes);
      return bytes > bytesBefore ? this.#areWritten(log, last, last) : this.#areWritten(log, 1, pages);
    } finally {
      closeSync(log);
    }
  }

  /** Every frame begins with the number of its page, from 1. */
  #areWritten(log: number, from: number, to: number): boolean {
    for (let frame = Math.max(1, from); frame <= to; frame++) if (numberAt(log, HEADER_BYTES + (frame - 1) * this.#frameBytes) === 0) return false;
    return true;
  }

  #pages(): number | undefined {
    try {
      return Number(this.#countPages.get()?.['log']);
    } catch {
      return undefined; // another process recovers the file, or this one is in a transaction
    }
  }
}

/** Four bytes; 0 behind the end of the file. */
const numberAt = (file: number, offset: number): number => {
  const bytes = Buffer.alloc(4);
  readSync(file, bytes, 0, 4, offset);
  return bytes.readUInt32BE();
};
