// Public surface of @mainstem/embedded: stores kept in SQLite files, no server needed.
export * from './errors.js';
export * from './event-store/embedded-event-store.js';
