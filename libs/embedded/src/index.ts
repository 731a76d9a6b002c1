// For applications: stores in SQLite files, without a server. Doors: /settings, /errors, /events-file (to serve the
// file).

// Keep events.
export { EmbeddedEventStore, type EmbeddedEventStoreOptions } from './event-store/embedded-event-store.js';

// Keep read models.
export { EmbeddedCacheStore, type EmbeddedCacheOptions } from './cache/embedded-cache-store.js';
export { EmbeddedSearchStore, type EmbeddedSearchOptions } from './search/embedded-search-store.js';

// Keep snapshots of long streams.
export { EmbeddedSnapshotStore, type EmbeddedSnapshotsOptions } from './snapshots/embedded-snapshot-store.js';
