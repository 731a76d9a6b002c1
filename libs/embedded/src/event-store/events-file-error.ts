// Errors of reading the events file in the words of the store.
import { FileCorrupt, type StoreFile } from '../errors.js';
import { translateSqliteError } from '../sqlite/sqlite-error.js';
import { DamagedEvent } from './event-checksum.js';
import { DanglingNumber } from './names.js';

/** As `translateSqliteError`; damage that only the events show is EVENT_STORE_CORRUPT, too. */
export const translateEventsFileError = (error: unknown, file: StoreFile): unknown =>
  error instanceof DanglingNumber || error instanceof DamagedEvent ? new FileCorrupt(file, error.message, error) : translateSqliteError(error, file);
