// Checks that a path still leads to the opened file: SQLite goes on writing to a file that was removed or moved.
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { FileReplaced, type StoreFile } from '../errors.js';
import { lookAtContent, type FileContent } from './file-content.js';
import { LogCheck } from './log-check.js';

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/**
 * Remembers the opened file and its write-ahead log, which lasts as long as a writing connection. A replaced file stays
 * replaced, even if the old one is put back: what was written in between is uncertain.
 */
export class OpenedFile {
  readonly #file: StoreFile;
  readonly #logCheck: LogCheck | undefined;
  #database: Identity | undefined;
  #log: Identity | undefined;
  #content: FileContent | undefined;
  #headSeen = 0;
  #failure: FileReplaced | undefined;

  /** Call it after opening. @param writing this process's writing connection; without one the log is not watched. */
  constructor(file: StoreFile, writing: DatabaseSync | undefined) {
    this.#file = file;
    this.#logCheck = writing && new LogCheck(logOf(file), writing);
    this.#database = identityOf(file.path);
    this.#log = writing && identityOf(logOf(file));
    this.#content = lookAtContent(file.path, undefined).content;
  }

  /**
   * Costs two looks at the file system, one into the log while it grows, and one into the file if it was written, as by
   * a checkpoint. Errors: EVENT_STORE_FILE_REPLACED, then every time.
   */
  assertSame(): void {
    this.#failure ??= this.#look();
    if (this.#failure) throw this.#failure;
  }

  /** @param head position of the last committed event. Errors: EVENT_STORE_FILE_REPLACED if it was higher before. */
  assertNotSetBack(head: number): void {
    if (head < this.#headSeen) this.#failure ??= new FileReplaced(this.#file, `it ends at position ${head}, before it ended at ${this.#headSeen}`);
    if (this.#failure) throw this.#failure;
    this.#headSeen = head;
  }

  #look(): FileReplaced | undefined {
    const database = identityOf(this.#file.path);
    const problem = differenceOf(this.#database, database) ?? (this.#logCheck && this.#lookAtLog(this.#logCheck)) ?? this.#lookInside(database);
    if (problem !== undefined) return new FileReplaced(this.#file, problem);
    this.#database = database;
    return undefined;
  }

  /** Overwritten in place, it is the same file for the file system, whatever its size. */
  #lookInside(database: Identity | undefined): string | undefined {
    if (database === undefined || (database.mtimeNs === this.#database?.mtimeNs && database.size === this.#database.size)) return undefined;
    const { content, problem } = lookAtContent(this.#file.path, this.#content);
    this.#content = content;
    return problem;
  }

  #lookAtLog(check: LogCheck): string | undefined {
    const log = identityOf(logOf(this.#file));
    const hasOtherLength = this.#log !== undefined && log !== undefined && log.size !== this.#log.size;
    const verdict = hasOtherLength ? check.isCutShort(Number(this.#log?.size)) : false;
    const problem = this.#log && (differenceOf({ ...this.#log, size: 0n }, log) ?? (verdict === true ? 'it was cut short' : undefined));
    // If nothing could be found out, the next look asks again.
    if (verdict !== undefined) this.#log = log;
    return problem && `of its write-ahead log: ${problem}`;
  }
}

const logOf = (file: StoreFile): string => `${file.path}-wal`;
const identityOf = (path: string): Identity | undefined => statSync(path, { bigint: true, throwIfNoEntry: false });

/** Only VACUUM makes a database smaller, and that needs the file for itself. */
const differenceOf = (opened: Identity | undefined, found: Identity | undefined): string | undefined => {
  if (!opened) return undefined;
  if (!found) return 'it was removed or moved away';
  if (opened.dev !== found.dev || opened.ino !== found.ino) return 'another file is in its place';
  return found.size < opened.size ? 'it was overwritten by a shorter one' : undefined;
};
