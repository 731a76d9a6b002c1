// An append-only file of lines, for any number of processes on one machine.
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';

const READ_BYTES = 1_048_576;
const LINE_END = 0x0a;

// #region file
export class LineFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #chunk = Buffer.alloc(READ_BYTES);
  #offset = 0;
  /** Of a line that has no end yet. */
  #begun = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = this.#attempt(() => openSync(path, 'a+'));
  }

  /** One write: the system appends it to the file. Its line end first closes a line that a crash has cut off. */
  append(line: string): void {
    const bytes = Buffer.from(`\n${line}\n`);
    this.#attempt(() => {
      const written = writeSync(this.#descriptor, bytes);
      if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were written`);
    });
  }

  /** Lines that were finished since the last call, in order. */
  *news(): Generator<string> {
    for (;;) {
      const length = this.#attempt(() => readSync(this.#descriptor, this.#chunk, 0, READ_BYTES, this.#offset));
      if (length === 0) return;
      this.#offset += length;
      let bytes = Buffer.concat([this.#begun, this.#chunk.subarray(0, length)]);
      for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END)) {
        if (end > 0) yield bytes.toString('utf8', 0, end);
        bytes = bytes.subarray(end + 1);
      }
      this.#begun = Buffer.from(bytes);
    }
  }

  /** After it a power cut takes nothing of what was appended before. */
  flush(): void {
    this.#attempt(() => fdatasyncSync(this.#descriptor));
  }
  // #endregion

  close(): void {
    closeSync(this.#descriptor);
  }

  #attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw new ReadStoreUnavailable('ndjson', `${this.#path} cannot be used: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }
}
