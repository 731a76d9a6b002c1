// Checks that a path still leads to the opened file: SQLite goes on writing to a file that was removed or moved.
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { LogCheck } from './log-check.js';

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** Remembers which file was opened, and its write-ahead log, which lasts as long as a connection that writes. */
export class WatchedFile {
  readonly #path: string;
  readonly #logCheck: LogCheck | undefined;
  #database: Identity | undefined;
  #log: Identity | undefined;
  #problem: string | undefined;

  /** Call it after opening. @param writing this process's writing connection; without one the log is not watched. */
  constructor(path: string, writing: DatabaseSync | undefined) {
    this.#path = path;
    this.#logCheck = writing && new LogCheck(logOf(path), writing);
    this.#database = identityOf(path);
    this.#log = writing && identityOf(logOf(path));
  }

  /**
   * What is wrong with the file, from the first time on; undefined while it is the same. Costs two looks at the file
   * system, and one into the log while it grows. A replaced file stays replaced, even if the old one is put back: what
   * was written in between is uncertain.
   * @param lookInside called if the file was written to, as by a checkpoint: overwritten in place, it is the same file
   */
  problem(lookInside: () => string | undefined = () => undefined): string | undefined {
    this.#problem ??= this.#look(lookInside);
    return this.#problem;
  }

  #look(lookInside: () => string | undefined): string | undefined {
    const database = identityOf(this.#path);
    const outside = differenceOf(this.#database, database) ?? (this.#logCheck && this.#lookAtLog(this.#logCheck));
    const isWritten = database !== undefined && (database.mtimeNs !== this.#database?.mtimeNs || database.size !== this.#database.size);
    const problem = outside ?? (isWritten ? lookInside() : undefined);
    if (problem === undefined) this.#database = database;
    return problem;
  }

  #lookAtLog(check: LogCheck): string | undefined {
    const log = identityOf(logOf(this.#path));
    const hasOtherLength = this.#log !== undefined && log !== undefined && log.size !== this.#log.size;
    const verdict = hasOtherLength ? check.isCutShort(Number(this.#log?.size)) : false;
    const problem = this.#log && (differenceOf({ ...this.#log, size: 0n }, log) ?? (verdict === true ? 'it was cut short' : undefined));
    // Where nothing could be told, the next look asks again.
    if (verdict !== undefined) this.#log = log;
    return problem && `of its write-ahead log: ${problem}`;
  }
}

const logOf = (path: string): string => `${path}-wal`;
const identityOf = (path: string): Identity | undefined => statSync(path, { bigint: true, throwIfNoEntry: false });

/** Only VACUUM makes a database smaller, and that needs the file for itself. */
const differenceOf = (opened: Identity | undefined, found: Identity | undefined): string | undefined => {
  if (!opened) return undefined;
  if (!found) return 'it was removed or moved away';
  if (opened.dev !== found.dev || opened.ino !== found.ino) return 'another file lies in its place';
  return found.size < opened.size ? 'it was overwritten by a shorter one' : undefined;
};
