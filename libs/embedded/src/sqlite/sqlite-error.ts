// Translates errors of SQLite and the file system into those of a store.
import { CannotOpenFile, DiskFull, FileBusy, FileCorrupt, FileReadOnly, IoFailed, type StoreFile } from '../errors.js';

// Primary result codes, sqlite.org/rescode.html.
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const PROTOCOL = 15;
const NOTADB = 26;
// An extended code: the shared memory file could not grow, which also means a full disk.
const IOERR_SHMSIZE = 4874;

/** SQLite's extended result code, or undefined if the error is not SQLite's. */
export const sqliteCodeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;

/** True if another connection holds the needed lock: worth a retry. */
export const isBusy = (error: unknown): boolean => {
  const code = primary(sqliteCodeOf(error));
  return code === BUSY || code === LOCKED || code === PROTOCOL;
};

/** The error of the store; errors from other sources than SQLite and the file system are returned unchanged. */
export const translateSqliteError = (error: unknown, file: StoreFile): unknown => {
  const code = sqliteCodeOf(error);
  return code === undefined ? translateFileSystemError(error, file) : (translateCode(code, error, file) ?? error);
};

const translateCode = (code: number, error: unknown, file: StoreFile): Error | undefined => {
  if (code === IOERR_SHMSIZE) return new DiskFull(file, error);
  switch (primary(code)) {
    case BUSY:
    case LOCKED:
    case PROTOCOL:
      return new FileBusy(file, 0, error);
    case READONLY:
      return new FileReadOnly(file, error);
    case IOERR:
      return new IoFailed(file, error);
    case CORRUPT:
      return new FileCorrupt(file, 'it is damaged', error);
    case NOTADB:
      return new FileCorrupt(file, 'it is damaged, or was never a database', error);
    case FULL:
      return new DiskFull(file, error);
    case CANTOPEN:
      return new CannotOpenFile(file, error);
    default:
      return undefined;
  }
};

const translateFileSystemError = (error: unknown, file: StoreFile): unknown => {
  switch (error instanceof Error && 'syscall' in error && 'code' in error ? error.code : undefined) {
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new FileReadOnly(file, error);
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskFull(file, error);
    case 'EIO':
      return new IoFailed(file, error);
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new CannotOpenFile(file, error);
    default:
      return error;
  }
};

const primary = (code: number | undefined): number | undefined => (code === undefined ? undefined : code & 0xff);
