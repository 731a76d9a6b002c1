// Reports writes to a file by any process, without waking up in between.
import { watch, type FSWatcher } from 'node:fs';

/** Other systems report writes late while a file is kept open. */
const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'darwin'];

export class FileWatch {
  readonly #path: string;
  #watcher: FSWatcher | undefined;
  #onWrite: () => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** From now on `onWrite` replaces the former listener. False if it is impossible: no such file, or no watch left. */
  start(onWrite: () => void): boolean {
    this.#onWrite = onWrite;
    if (this.#watcher) return true;
    if (!PLATFORMS.includes(process.platform)) return false;
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () => this.#onWrite());
      this.#watcher.on('error', () => this.stop());
      return true;
    } catch {
      return false; // the caller polls more often instead
    }
  }

  /** More calls are harmless, and it can be started again. */
  stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
