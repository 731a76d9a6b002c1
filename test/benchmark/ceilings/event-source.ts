// Reads the events file as directly as Node can: prepared statement, arrays instead of objects, bounded pages.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

/** [position, id, stream, revision, type, recorded_at, data, metadata]; stream and type are numbers, see `namesIn`. */
export type EventRow = readonly [number, string, number, number, number, number, string, string];

const PAGE = 10_000;

export const openEvents = (dir: string): DatabaseSync => new DatabaseSync(join(dir, 'events.db'), { readOnly: true });

/** Names by number. */
export const namesIn = (database: DatabaseSync, table: 'streams' | 'types'): readonly string[] => {
  const names: string[] = [];
  for (const row of database.prepare(`SELECT id, name FROM ${table}`).iterate()) names[row['id'] as number] = row['name'] as string;
  return names;
};

/** All events in order, a page at a time. */
export function* pagesOf(database: DatabaseSync, page = PAGE): Generator<readonly EventRow[]> {
  const select = database.prepare(
    'SELECT position, id, stream, revision, type, recorded_at, data, metadata FROM events WHERE position > ? ORDER BY position LIMIT ?',
  );
  select.setReturnArrays(true);
  for (let after = 0; ;) {
    const rows = select.all(after, page) as unknown as readonly EventRow[];
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last[0];
  }
}
