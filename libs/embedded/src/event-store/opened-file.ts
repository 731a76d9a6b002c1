// Whether a path still leads to the file that this process has open: SQLite goes on writing to one that was removed or moved away.
import { statSync } from 'node:fs';
import { FileReplaced, type StoreFile } from '../errors.js';
import { lookAtContent, type FileContent } from './file-content.js';

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/**
 * Remembers which file was opened, and its write-ahead log, which lasts as long as a connection that writes. A file that was replaced stays so,
 * also when the old one is put back: what was written in between is uncertain.
 */
export class OpenedFile {
  readonly #file: StoreFile;
  readonly #watchesLog: boolean;
  #database: Identity | undefined;
  #log: Identity | undefined;
  #content: FileContent | undefined;
  #headSeen = 0;
  #failure: FileReplaced | undefined;

  /** Call after opening. @param isWriting whether a connection of this process writes. */
  constructor(file: StoreFile, isWriting: boolean) {
    this.#file = file;
    this.#watchesLog = isWriting;
    this.#database = identityOf(file.path);
    this.#content = lookAtContent(file.path, undefined).content;
  }

  /** Costs two looks at the file system, and one into the file if it has been written meanwhile, as by a checkpoint. Errors: EVENT_STORE_FILE_REPLACED, from then on every time. */
  assertSame(): void {
    this.#failure ??= this.#look();
    if (this.#failure) throw this.#failure;
  }

  /** @param head position of the last committed event. Errors: EVENT_STORE_FILE_REPLACED if there were more before, from then on every time. */
  assertNotSetBack(head: number): void {
    if (head < this.#headSeen) this.#failure ??= new FileReplaced(this.#file, `it ends at position ${head}, before it ended at ${this.#headSeen}`);
    if (this.#failure) throw this.#failure;
    this.#headSeen = head;
  }

  #look(): FileReplaced | undefined {
    const database = identityOf(this.#file.path);
    const problem = differenceOf(this.#database, database) ?? (this.#watchesLog ? this.#lookAtLog() : undefined) ?? this.#lookInside(database);
    if (problem !== undefined) return new FileReplaced(this.#file, problem);
    this.#database = database;
    return undefined;
  }

  /** Overwritten in place it is the same file of the file system, whatever its size. */
  #lookInside(database: Identity | undefined): string | undefined {
    if (database === undefined || (database.mtimeNs === this.#database?.mtimeNs && database.size === this.#database.size)) return undefined;
    const { content, problem } = lookAtContent(this.#file.path, this.#content);
    this.#content = content;
    return problem;
  }

  #lookAtLog(): string | undefined {
    const log = identityOf(`${this.#file.path}-wal`);
    // The log may be cut short after a checkpoint: its size says nothing.
    const problem = this.#log && differenceOf({ ...this.#log, size: 0n }, log);
    this.#log = log;
    return problem && `of its write-ahead log: ${problem}`;
  }
}

const identityOf = (path: string): Identity | undefined => statSync(path, { bigint: true, throwIfNoEntry: false });

/** Only VACUUM makes a database smaller, and that needs the file for itself. */
const differenceOf = (opened: Identity | undefined, found: Identity | undefined): string | undefined => {
  if (!opened) return undefined;
  if (!found) return 'it was removed or moved away';
  if (opened.dev !== found.dev || opened.ino !== found.ino) return 'another file lies in its place';
  return found.size < opened.size ? 'it was overwritten by a shorter one' : undefined;
};
