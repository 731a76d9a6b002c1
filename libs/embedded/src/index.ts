// Public surface of @mainstem/embedded: stores kept in SQLite files, no server needed.
export * from './errors.js';
