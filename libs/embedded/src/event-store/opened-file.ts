// Whether a path still leads to the events file that this process has open, with all that it has acknowledged.
import type { DatabaseSync } from 'node:sqlite';
import { FileReplaced, type StoreFile } from '../errors.js';
import { WatchedFile } from '../sqlite/watched-file.js';
import { lookAtContent, type FileContent } from './file-content.js';

/** Remembers which file was opened, and what was in it. */
export class OpenedFile {
  readonly #file: StoreFile;
  readonly #watched: WatchedFile;
  #content: FileContent | undefined;
  #headSeen = 0;
  #failure: FileReplaced | undefined;

  /** Call it after opening. @param writing this process's writing connection; without one the log is not watched. */
  constructor(file: StoreFile, writing: DatabaseSync | undefined) {
    this.#file = file;
    this.#watched = new WatchedFile(file.path, writing);
    this.#content = lookAtContent(file.path, undefined).content;
  }

  /**
   * Costs a `WatchedFile.problem`, and one look into a file that has changed. Errors: EVENT_STORE_FILE_REPLACED, from
   * then on every time.
   */
  assertSame(): void {
    const problem = this.#failure ? undefined : this.#watched.problem(() => this.#lookInside());
    if (problem !== undefined) this.#failure = new FileReplaced(this.#file, problem);
    if (this.#failure) throw this.#failure;
  }

  /** @param head position of the last committed event. Errors: EVENT_STORE_FILE_REPLACED if it was higher before. */
  assertNotSetBack(head: number): void {
    if (head < this.#headSeen) this.#failure ??= new FileReplaced(this.#file, `it ends at position ${head}, before it ended at ${this.#headSeen}`);
    if (this.#failure) throw this.#failure;
    this.#headSeen = head;
  }

  /** Overwritten in place it is the same file of the file system, whatever its size. */
  #lookInside(): string | undefined {
    const { content, problem } = lookAtContent(this.#file.path, this.#content);
    this.#content = content;
    return problem;
  }
}
