// SQLite's write-ahead log, read from outside. sqlite.org/walformat.html
import { existsSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/**
 * In the shared-memory index: number of valid frames, salts of this round, and frames that a checkpoint has begun to
 * copy.
 */
const INDEX = { pageSize: 14, frames: 16, salts: 32, backfillAttempted: 128 } as const;
const INDEX_BYTES_MIN = 136;

export interface WalState {
  /** Differs for each round: the log begins anew when all of it was copied into the file. */
  readonly round: string;
  /** In bytes: everything committed lies before. */
  readonly end: number;
  /**
   * In bytes: everything before may already be in the database file, completely or in part. The log was flushed before,
   * so a power cut leaves at least this much of it.
   */
  readonly backfilledEnd: number;
}

/**
 * The present state; undefined without a log. Never call it in a process with the database open: it would lose its
 * locks.
 */
export const walState = (database: string): WalState | undefined => {
  const file = `${database}-shm`;
  if (!existsSync(file)) return undefined;
  const index = readFileSync(file);
  if (index.length < INDEX_BYTES_MIN) return undefined;
  const number = (offset: number): number => (endianness() === 'LE' ? index.readUInt32LE(offset) : index.readUInt32BE(offset));
  const pageSize = endianness() === 'LE' ? index.readUInt16LE(INDEX.pageSize) : index.readUInt16BE(INDEX.pageSize);
  const endOf = (frames: number): number => HEADER_BYTES + frames * (FRAME_HEADER_BYTES + (pageSize === 1 ? 65_536 : pageSize));
  return {
    round: index.toString('hex', INDEX.salts, INDEX.salts + 8),
    end: endOf(number(INDEX.frames)),
    backfilledEnd: endOf(number(INDEX.backfillAttempted)),
  };
};
