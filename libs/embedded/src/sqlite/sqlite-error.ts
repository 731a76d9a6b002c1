// Translates errors of SQLite and the file system into those of a store.
import { CannotOpenFile, DiskFull, FileBusy, FileCorrupt, FileReadOnly, IoFailed, type StoreFile } from '../errors.js';

/** Primary result codes, sqlite.org/rescode.html. */
export const ResultCode = {
  ERROR: 1,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  TOOBIG: 18,
  CONSTRAINT: 19,
  MISMATCH: 20,
  NOTADB: 26,
} as const;
const { BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB } = ResultCode;
// An extended code: the shared memory file could not grow, which is how a full disk shows there.
const IOERR_SHMSIZE = 4874;

/** SQLite's extended result code, or undefined if the error is not SQLite's. */
export const sqliteCodeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;

/** SQLite's primary result code, or undefined if the error is not SQLite's. */
export const primaryCodeOf = (error: unknown): number | undefined => primary(sqliteCodeOf(error));

/** True if another connection holds the lock that was needed: worth a retry. */
export const isBusy = (error: unknown): boolean => {
  const code = primaryCodeOf(error);
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
