// Translates errors of reading the events file into those of the store.
import { FileCorrupt, type StoreFile } from '../errors.js';
import { translateSqliteError } from '../sqlite/sqlite-error.js';
import { DamagedEvent } from './event-checksum.js';
import { DanglingNumber } from './names.js';

/** Like `translateSqliteError`; damage that only the events show is also EVENT_STORE_CORRUPT. */
export const translateEventsFileError = (error: unknown, file: StoreFile): unknown =>
  error instanceof DanglingNumber || error instanceof DamagedEvent ? new FileCorrupt(file, error.message, error) : translateSqliteError(error, file);
