// Snapshots of long streams in a SQLite file of their own, beside any event store. A lost or damaged file is an empty
// one.
import {
  InvalidInput,
  isMainstemError,
  Lanes,
  SnapshotStoreClosed,
  systemRuntime,
  type Runtime,
  type SnapshotKey,
  type SnapshotsOf,
  type SnapshotStore,
  type StoredSnapshot,
} from '@mainstem/event-store';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { StoreFile } from '../errors.js';
import { retryWhileBusy } from '../sqlite/busy-retry.js';
import { translateSqliteError } from '../sqlite/sqlite-error.js';
import { SNAPSHOTS_OWNER, SnapshotsFile } from './snapshots-file.js';

export interface EmbeddedSnapshotsOptions {
  /** Folder of the file `snapshots.db`; both are made when they are first used. Not on a network file system. */
  readonly dir: string;
  readonly runtime?: Runtime;
  /** How long to wait for other processes. Default 1,000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens its file with the first call, and again after each failure. A file that was removed or replaced is made anew
 * without an error. A damaged one is set aside: the call that finds it rejects with SNAPSHOT_STORE_CORRUPT, and later
 * ones find an empty store. Errors besides: SNAPSHOT_STORE_CLOSED, SNAPSHOT_STORE_FOREIGN_FILE,
 * SNAPSHOT_STORE_NEWER_FORMAT (neither file is touched), SNAPSHOT_STORE_READ_ONLY, SNAPSHOT_STORE_DISK_FULL,
 * SNAPSHOT_STORE_BUSY, SNAPSHOT_STORE_CANNOT_OPEN, SNAPSHOT_STORE_IO_FAILED, SNAPSHOT_STORE_SQLITE_TOO_OLD.
 */
export class EmbeddedSnapshotStore implements SnapshotStore {
  readonly #file: StoreFile;
  readonly #runtime: Runtime;
  readonly #busyTimeoutMs: number;
  /** One call after the other. */
  readonly #lanes = new Lanes();
  #open: SnapshotsFile | undefined;
  #isClosed = false;

  /** Errors: EVENT_STORE_INVALID_INPUT. */
  constructor({ dir, runtime = systemRuntime, busyTimeoutMs = 1_000 }: EmbeddedSnapshotsOptions) {
    if (typeof dir !== 'string' || dir === '') throw new InvalidInput('dir', 'must be the path of a folder');
    if (!(busyTimeoutMs >= 0)) throw new InvalidInput('busyTimeoutMs', 'must be a number from 0');
    this.#file = { owner: SNAPSHOTS_OWNER, path: resolve(dir, 'snapshots.db') };
    this.#runtime = runtime;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  load(key: SnapshotKey): Promise<StoredSnapshot | undefined> {
    return this.#run((file) => file.load(key));
  }

  save(key: SnapshotKey, snapshot: StoredSnapshot): Promise<void> {
    return this.#run((file) => file.save(key, snapshot));
  }

  remove(of: SnapshotsOf = {}): Promise<number> {
    return this.#run((file) => file.remove(of));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#lanes.run(LANE, async () => this.#forget(), WAIT);
  }

  #run<Result>(work: (file: SnapshotsFile) => Result): Promise<Result> {
    return this.#lanes.run(
      LANE,
      async () => {
        if (this.#isClosed) throw new SnapshotStoreClosed();
        try {
          const file = await this.#opened();
          return await retryWhileBusy(() => work(file), this.#waiting());
        } catch (error) {
          this.#forget();
          const told = translateSqliteError(error, this.#file);
          if (isMainstemError(told, 'SNAPSHOT_STORE_CORRUPT')) await this.#setAside();
          throw told;
        }
      },
      WAIT,
    );
  }

  async #opened(): Promise<SnapshotsFile> {
    if (this.#open && !this.#open.isSame) this.#forget();
    const { runtime, busyTimeoutMs } = this.#waiting();
    return (this.#open ??= await SnapshotsFile.open({ ...this.#file, runtime, busyTimeoutMs }));
  }

  #waiting(): { readonly file: StoreFile; readonly runtime: Runtime; readonly busyTimeoutMs: number } {
    return { file: this.#file, runtime: this.#runtime, busyTimeoutMs: this.#busyTimeoutMs };
  }

  #forget(): void {
    this.#open?.close();
    this.#open = undefined;
  }

  /** Its content is in the events as well; the file is kept, so that the damage can be looked at. */
  async #setAside(): Promise<void> {
    const { path } = this.#file;
    await rename(path, `${path}.damaged`).catch(() => undefined);
    for (const beside of [`${path}-wal`, `${path}-shm`]) await rm(beside, { force: true }).catch(() => undefined);
  }
}

const LANE = 'file';
const WAIT = 'waiting for other calls of the snapshot store';
