// The events file itself, for programs that serve it under their own rules: connections, names, wake-up.
export { CommitSignal } from './event-store/commit-signal.js';
export { DamagedEvent, eventChecksum, type ChecksummedEvent } from './event-store/event-checksum.js';
export { translateEventsFileError } from './event-store/events-file-error.js';
export { eventsFile, openToRead, openToWrite, readIncarnation, type EventsFileOptions } from './event-store/events-file.js';
export { OpenedFile } from './event-store/opened-file.js';
export { Names } from './event-store/names.js';
export { turn } from './event-store/turn.js';
export { type StoreFile } from './errors.js';
export { retryWhileBusy } from './sqlite/busy-retry.js';
export { openDatabase } from './sqlite/open-database.js';
export { translateSqliteError } from './sqlite/sqlite-error.js';
