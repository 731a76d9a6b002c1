// Stored layout of the bookkeeping of all embedded read stores.

/**
 * Places are 64-bit integers and are read as text, never as JavaScript numbers. Ids of collections are never used
 * again, because their tables have their names. `declaration` is what a collection's derived tables were made from, in
 * the store's own form.
 */
export const READ_STORE_SCHEMA = `
  CREATE TABLE projections (
    name TEXT PRIMARY KEY,
    last_generation INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE generations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    projection TEXT NOT NULL REFERENCES projections (name),
    number INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('filling', 'serving', 'retired', 'side')),
    version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    position INTEGER,
    epoch INTEGER NOT NULL,
    digest TEXT NOT NULL,
    is_bulk INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (projection, number)
  ) STRICT;

  CREATE UNIQUE INDEX generations_serving ON generations (projection) WHERE state = 'serving';

  CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    generation INTEGER NOT NULL REFERENCES generations (id),
    name TEXT NOT NULL,
    has_state INTEGER NOT NULL,
    declaration TEXT NOT NULL,
    UNIQUE (generation, name)
  ) STRICT;

  CREATE INDEX collections_name ON collections (name);

  CREATE TABLE parked_events (
    generation INTEGER NOT NULL REFERENCES generations (id),
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    error TEXT NOT NULL,
    parked_at TEXT NOT NULL,
    PRIMARY KEY (generation, position, key)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX parked_events_key ON parked_events (generation, key, position);
`;

/** Checkpoints of further parts; the first part is in `generations`. Older files get this table at their opening. */
export const PARTITIONS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS partitions (
    generation INTEGER NOT NULL REFERENCES generations (id),
    number INTEGER NOT NULL,
    position INTEGER,
    epoch INTEGER NOT NULL,
    digest TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (generation, number)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * The event at a checkpoint: `position id`, or NULL if unknown. Older tables get it when they are opened; older
 * programs do not read it.
 */
export const LAST_EVENT_TABLES = ['generations', 'partitions'] as const;
