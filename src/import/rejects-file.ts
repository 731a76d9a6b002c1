// The file of rejected lines: one JSON object a line, ready to be repaired and imported again.
import { rm, open, type FileHandle } from 'node:fs/promises';
import { RejectsFileUnwritable } from './errors.js';

export interface Reject {
  /** Line number in the imported file, from 1. */
  readonly line: number;
  readonly reason: string;
  readonly code: string;
  /** The line itself. */
  readonly text: string;
}

/** Written while the import runs; there is no file without rejects. Errors: IMPORT_REJECTS_UNWRITABLE. */
export class RejectsFile {
  readonly #counts = new Map<string, number>();
  #handle: FileHandle | undefined;
  #written: Promise<void> = Promise.resolve();

  private constructor(readonly file: string) {}

  /** Removes the file of an earlier import: this one finds the same lines again. */
  static async create(file: string): Promise<RejectsFile> {
    await rm(file, { force: true }).catch((error: unknown) => {
      throw new RejectsFileUnwritable(file, error);
    });
    return new RejectsFile(file);
  }

  /** Rejects so far, by code. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Resolves when the line is in the file. */
  add(reject: Reject): Promise<void> {
    this.#counts.set(reject.code, (this.#counts.get(reject.code) ?? 0) + 1);
    this.#written = this.#written.then(() => this.#write(reject));
    return this.#written;
  }

  async close(): Promise<void> {
    // The caller that added the line has already got the failed write.
    await this.#written.catch(() => undefined);
    await this.#handle?.close();
  }

  async #write({ line, reason, code, text }: Reject): Promise<void> {
    try {
      this.#handle ??= await open(this.file, 'w', 0o600);
      await this.#handle.write(`${JSON.stringify({ line, reason, code, text })}\n`);
    } catch (error) {
      throw new RejectsFileUnwritable(this.file, error);
    }
  }
}
