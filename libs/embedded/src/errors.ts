// Errors of stores in one SQLite file. The first part of a code names the port: callers need not know the medium.
import { MainstemError } from '@mainstem/event-store';

/** The owner of the file: the beginning of its error codes, and its name in messages. */
export interface FileOwner {
  readonly codePrefix: 'EVENT_STORE' | 'READ_STORE' | 'SNAPSHOT_STORE';
  /** As in a sentence: "event store", "cache". */
  readonly name: string;
}

/** The file and its owner, who names the failures. */
export interface StoreFile {
  readonly owner: FileOwner;
  readonly path: string;
}

/** The file belongs to another program; it was not touched. Code `…_FOREIGN_FILE`. */
export class ForeignFile extends MainstemError {
  constructor({ owner, path }: StoreFile) {
    super(
      `${owner.codePrefix}_FOREIGN_FILE`,
      `${path} is a database of another program, not of this ${owner.name}. Choose another folder; the file was not touched.`,
    );
  }
}

/** The file was written by a newer version of this program; it was not touched. Code `…_NEWER_FORMAT`. */
export class NewerFormat extends MainstemError {
  constructor(
    { owner, path }: StoreFile,
    readonly format: number,
    readonly formatMax: number,
  ) {
    super(
      `${owner.codePrefix}_NEWER_FORMAT`,
      `${path} has format ${format}; this program supports formats up to ${formatMax}. Deploy the newer program; the file was not touched.`,
    );
  }
}

/** All that read models hold comes from the events. */
const FILLED_ANEW =
  'Read models are filled anew: stop the processes that use it, move it and the files beside it (-wal, -shm) away, ' +
  'and start the projector again. `mainstem status` shows how far they are.';

/** A snapshot repeats what the events say. */
const SET_ASIDE = 'The file was set aside, with `.damaged` behind its name; commands read their streams, and snapshots are taken anew.';

/** What to do about a damaged file. */
const ADVICE: Readonly<Record<FileOwner['codePrefix'], string>> = {
  EVENT_STORE: 'Restore it from a backup; keep the damaged file.',
  READ_STORE: FILLED_ANEW,
  SNAPSHOT_STORE: SET_ASIDE,
};

/** The file is damaged, or is no database at all; nothing was written. Code `…_CORRUPT`. */
export class FileCorrupt extends MainstemError {
  constructor({ owner, path }: StoreFile, problem: string, cause?: unknown) {
    super(`${owner.codePrefix}_CORRUPT`, `${path} is not a readable ${owner.name}: ${problem}. ${ADVICE[owner.codePrefix]}`, { cause });
  }
}

/** No space is left on the device; nothing was written. The store works again when there is room. `…_DISK_FULL`. */
export class DiskFull extends MainstemError {
  constructor({ owner, path }: StoreFile, cause?: unknown) {
    super(`${owner.codePrefix}_DISK_FULL`, `There is no room left for ${path}. Free some space and try again; nothing was written.`, { cause });
  }
}

/** The file, its folder or the device is write-protected, or the store was opened for reading. Code `…_READ_ONLY`. */
export class FileReadOnly extends MainstemError {
  constructor({ owner, path }: StoreFile, cause?: unknown) {
    super(
      `${owner.codePrefix}_READ_ONLY`,
      `${path} is read-only here. Give this process write access to the file and its folder, or open the ${owner.name} for reading only.`,
      { cause },
    );
  }
}

/** The device failed. Only reopening shows whether the last write succeeded. Code `…_IO_FAILED`. */
export class IoFailed extends MainstemError {
  constructor({ owner, path }: StoreFile, cause?: unknown) {
    super(
      `${owner.codePrefix}_IO_FAILED`,
      `The device of ${path} failed. This ${owner.name} takes no more writes until it is opened again; check the device, reopen, then repeat what failed.`,
      { cause },
    );
  }
}

/** The opened file was removed, moved, replaced or set back; nothing more is acknowledged. Code `…_FILE_REPLACED`. */
export class FileReplaced extends MainstemError {
  constructor({ owner, path }: StoreFile, problem: string) {
    const again = owner.codePrefix === 'EVENT_STORE' ? '; repeat what failed with the same ids' : '. Read models can be filled anew';
    super(
      `${owner.codePrefix}_FILE_REPLACED`,
      `${path} is no longer the file that this process opened: ${problem}. This ${owner.name} takes no more writes. Stop every process that uses ` +
        `the file, put the right one in its place, then start them again${again}.`,
    );
  }
}

/** Another process held the file longer than the allowed wait; nothing was written. Code `…_BUSY`. */
export class FileBusy extends MainstemError {
  constructor(
    { owner, path }: StoreFile,
    readonly waitedMs: number,
    cause?: unknown,
  ) {
    super(
      `${owner.codePrefix}_BUSY`,
      `${path} was held by another process for more than ${Math.round(waitedMs)} ms. Try again; nothing was written.`,
      { cause },
    );
  }
}

/** The file cannot be opened: it or its folder is missing, of another kind, or not accessible. Code `…_CANNOT_OPEN`. */
export class CannotOpenFile extends MainstemError {
  constructor({ owner, path }: StoreFile, cause?: unknown) {
    super(
      `${owner.codePrefix}_CANNOT_OPEN`,
      `${path} cannot be opened. Check that this is the right folder, that it exists and is a folder, and that this process may use it.`,
      { cause },
    );
  }
}

/** A read store cannot have this name; nothing was opened. */
export class InvalidStoreName extends MainstemError {
  constructor(flaw: string) {
    super('READ_STORE_INVALID_OPTIONS', `Embedded read store: ${flaw}`);
  }
}

/** The SQLite of this Node has a known defect that can lose acknowledged writes. Code `…_SQLITE_TOO_OLD`. */
export class SqliteTooOld extends MainstemError {
  constructor(owner: FileOwner, actual: string, minimum: string) {
    super(
      `${owner.codePrefix}_SQLITE_TOO_OLD`,
      `This Node brings SQLite ${actual}; ${minimum} or later is needed. Use Node 22.22.3, 24.15 or 26 and later of these.`,
    );
  }
}

/** Too many appends wait for their commit; this one was not written. Code `EVENT_STORE_OVERLOADED`. */
export class EventStoreOverloaded extends MainstemError {
  constructor(pendingMax: string) {
    super('EVENT_STORE_OVERLOADED', `More than ${pendingMax} of appends wait for their commit. Await earlier appends before starting more.`);
  }
}
