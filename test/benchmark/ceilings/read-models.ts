// Ceilings of rebuilding the sample's read models on SQLite: each changed row written once a batch, one transaction.
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import type { AnyProjection, DocumentClass } from '@mainstem/projection';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Job } from '../job.js';
import { collectionsOf, filling, type BatchTarget, type Filling } from './batch-target.js';
import { cacheWriter, searchWriter, sqlWriter, type Writer } from './row-writers.js';

const BATCH_EVENTS = 20_000;

type WriterOf = (database: DatabaseSync, collection: string, document: DocumentClass) => Writer;

const fillingOf = (file: string, projections: readonly AnyProjection[], writerOf: WriterOf): Filling => {
  const database = new DatabaseSync(file);
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE checkpoint (position INTEGER); INSERT INTO checkpoint VALUES (0)',
  );
  const writers = new Map(collectionsOf(projections).map(({ name, document }) => [name, writerOf(database, name, document)]));
  return { projections, target: sqliteTarget(database, writers) };
};

const sqliteTarget = (database: DatabaseSync, writers: ReadonlyMap<string, Writer>): BatchTarget => {
  const writerOf = (collection: string): Writer => {
    const writer = writers.get(collection);
    if (!writer) throw new Error(`${collection} has no writer`);
    return writer;
  };
  return {
    write: async (changes, position) => {
      database.exec('BEGIN IMMEDIATE');
      for (const [collection, rows] of changes.flatMap((changed) => [...changed])) {
        const writer = writerOf(collection);
        for (const [key, row] of rows) {
          if (row) writer.put(key, row);
          else writer.remove(key);
        }
        writer.flush();
      }
      database.prepare('UPDATE checkpoint SET position = ?').run(position);
      database.exec('COMMIT');
    },
    count: async (collection) => writerOf(collection).count(),
    close: async () => database.close(),
  };
};

const sqlFilling = (dir: string): Filling =>
  fillingOf(join(dir, 'sql.db'), sqlProjections, (database, name, document) => sqlWriter(database, name, document));
const cacheFilling = (dir: string): Filling => fillingOf(join(dir, 'cache.db'), cacheProjections, (database, name) => cacheWriter(database, name));
const searchFilling = (dir: string): Filling =>
  fillingOf(join(dir, 'search.db'), searchProjections, (database, name) => searchWriter(database, name));

export const allSqlOnSqlite: Job = filling(BATCH_EVENTS, async ({ dir }) => [sqlFilling(dir)]);
export const allCache: Job = filling(BATCH_EVENTS, async ({ dir }) => [cacheFilling(dir)]);
export const allSearch: Job = filling(BATCH_EVENTS, async ({ dir }) => [searchFilling(dir)]);
export const everything: Job = filling(BATCH_EVENTS, async ({ dir }) => [sqlFilling(dir), cacheFilling(dir), searchFilling(dir)]);
