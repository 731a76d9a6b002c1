// Hears of writes to a file, by any process, without waking up in between.
import { watch, type FSWatcher } from 'node:fs';

/** Elsewhere a file that is kept open tells late that it was written to. */
const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'darwin'];

export class FileWatch {
  readonly #path: string;
  #watcher: FSWatcher | undefined;
  #onWrite: () => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** From now on `onWrite` hears of writes, instead of who heard before. False where that is not possible: no such file, or no watch left. */
  start(onWrite: () => void): boolean {
    this.#onWrite = onWrite;
    if (this.#watcher) return true;
    if (!PLATFORMS.includes(process.platform)) return false;
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#onWrite());
      this.#watcher.on('error', () => this.stop());
      return true;
    } catch {
      return false; // whoever asks looks more often instead
    }
  }

  /** May be called again, and started again. */
  stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
