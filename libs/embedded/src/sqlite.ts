// For other stores that keep a SQLite file: how to make, await and watch the file, and what its errors mean.
export { FileReplaced } from './errors.js';
export type { FileOwner, StoreFile } from './errors.js';
export { retryWhileBusy } from './sqlite/busy-retry.js';
export { createPrivately, PRIVATE_FOLDER } from './sqlite/open-database.js';
export { isBusy, primaryCodeOf, ResultCode, sqliteCodeOf } from './sqlite/sqlite-error.js';
export { assertSqliteVersion } from './sqlite/sqlite-version.js';
export { WatchedFile } from './sqlite/watched-file.js';
