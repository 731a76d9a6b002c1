// For another store that keeps a SQLite file: how such a file is made, waited for and watched, and what its errors mean.
export { FileReplaced } from './errors.js';
export type { FileOwner, StoreFile } from './errors.js';
export { retryWhileBusy } from './sqlite/busy-retry.js';
export { createPrivately, PRIVATE_FOLDER } from './sqlite/open-database.js';
export { isBusy, primaryCodeOf, ResultCode, sqliteCodeOf } from './sqlite/sqlite-error.js';
export { assertSqliteVersion } from './sqlite/sqlite-version.js';
export { WatchedFile } from './sqlite/watched-file.js';
