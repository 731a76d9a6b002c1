// The content of an events file without its write-ahead log: enough to notice that it was overwritten in place.
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/** Undefined parts are still only in the write-ahead log. */
export interface FileContent {
  readonly incarnation: unknown;
  /** The last event: events are never changed or removed, so it keeps its place. */
  readonly position: number | undefined;
  readonly id: unknown;
}

export interface ContentLook {
  /** The present knowledge; as before if nothing could be found out. */
  readonly content: FileContent | undefined;
  readonly problem: string | undefined;
}

/**
 * Compares a file with its former content. A running or killed checkpoint of another process leaves new pages beside
 * old ones, which the write-ahead log mends. So a difference that a checkpoint could explain counts only if the log
 * does not mend it.
 */
export const lookAtContent = (path: string, before: FileContent | undefined): ContentLook => {
  const alone = look(path, before, 'alone');
  if (alone.problem === undefined || alone.isCertain) return alone;
  return { content: before, problem: look(path, before, 'with-log').problem && alone.problem };
};

interface CertainLook extends ContentLook {
  readonly isCertain?: boolean;
}

/** Through SQLite: opening and closing the file in another way would drop this process's locks on it. */
const look = (path: string, before: FileContent | undefined, how: 'alone' | 'with-log'): CertainLook => {
  const url = pathToFileURL(path);
  if (how === 'alone') url.search = 'immutable=1';
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(url, { readOnly: true });
    const content = before?.incarnation === undefined && !hasTables(database) ? EMPTY : read(database);
    const difference = before && differenceOf(database, before, content);
    return difference ? { content: before, ...difference } : { content, problem: undefined };
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
    if (before === undefined || code === undefined || ![ERROR, CORRUPT, NOTADB].includes(code)) return { content: before, problem: undefined }; // unknown
    return { content: before, problem: 'it was overwritten by a file that is no complete event store', isCertain: code === NOTADB };
  } finally {
    database?.close();
  }
};

const EMPTY: FileContent = { incarnation: undefined, position: undefined, id: undefined };

// Result codes, https://sqlite.org/rescode.html; the first one is that of a missing table.
const ERROR = 1;
const CORRUPT = 11;
const NOTADB = 26;

const hasTables = (database: DatabaseSync): boolean => database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get() !== undefined;

const read = (database: DatabaseSync): FileContent => {
  const meta = database.prepare("SELECT value FROM meta WHERE key = 'incarnation'").get();
  const last = database.prepare('SELECT position, id FROM events ORDER BY position DESC LIMIT 1').get();
  return { incarnation: meta?.['value'], position: last && Number(last['position']), id: last?.['id'] };
};

/** The page with the incarnation is written once, so it is a certain sign. */
const differenceOf = (database: DatabaseSync, before: FileContent, now: FileContent): { problem: string; isCertain: boolean } | undefined => {
  if (before.incarnation !== undefined && now.incarnation !== before.incarnation) {
    return { problem: 'it was overwritten by another event store', isCertain: true };
  }
  if (before.position === undefined) return undefined;
  const same = database.prepare('SELECT id FROM events WHERE position = ?').get(before.position);
  if (same?.['id'] === before.id) return undefined;
  return { problem: `it was overwritten by another state of it, without the event at position ${before.position}`, isCertain: false };
};
