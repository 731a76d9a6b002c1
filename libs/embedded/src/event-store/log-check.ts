// Whether a write-ahead log still holds all that was committed to it. Its file may become shorter: a checkpoint that truncates it has copied everything before.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

// https://sqlite.org/fileformat2.html#the_write_ahead_log
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The last bit tells the order of bytes in checksums. */
const MAGIC = 0x377f0682;

/** Asks SQLite's own count of the log's pages, which all processes share in memory, and looks for holes that were never written. */
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
   * Call when the file has another length than before. One that has grown costs two reads: the commit that made it longer may have gone behind an
   * end that was cut off a moment before. Undefined while it cannot be told, as when another process begins the log anew meanwhile.
   */
  isCutShort(bytesBefore: number): boolean | undefined {
    const pages = this.#pages();
    if (pages === undefined) return undefined;
    try {
      if (this.#isWhole(pages, bytesBefore)) return false;
    } catch {
      return undefined; // removed meanwhile: the next look tells
    }
    return this.#pages() === pages ? true : undefined;
  }

  #isWhole(pages: number, bytesBefore: number): boolean {
    const log = openSync(this.#path, 'r');
    try {
      const bytes = fstatSync(log).size;
      // Pages are counted once they are in the file, and a checkpoint sets the count to zero before it truncates.
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
