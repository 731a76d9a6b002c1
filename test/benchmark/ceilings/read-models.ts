// Ceilings of rebuilding the reference application's read models: one read, folds in memory, each changed row written once a batch, one transaction.
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import type { AnyProjection, DocumentClass } from '@mainstem/projection';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { getMetadataArgsStorage } from 'typeorm';
import { expectSame, measured, type Job, type JobContext } from '../job.js';
import { namesIn, openEvents, pagesOf } from './event-source.js';
import { foldOf, type Fold } from './folds.js';
import { liveEvents } from './live-event.js';
import { cacheWriter, searchWriter, sqlWriter, type Writer } from './row-writers.js';

const BATCH_EVENTS = 20_000;

/** Projections that share one file, with the writers of their collections. */
interface Filling {
  readonly database: DatabaseSync;
  readonly folds: readonly Fold[];
  readonly writers: ReadonlyMap<string, Writer>;
}

const keyFieldOf = (document: DocumentClass): string => {
  const column = getMetadataArgsStorage().columns.find(({ target, options }) => target === document && options.primary);
  if (!column) throw new Error(`${document.name} has no primary column`);
  return column.propertyName;
};

const fillingOf = (
  file: string,
  projections: readonly AnyProjection[],
  writerOf: (database: DatabaseSync, collection: string, document: DocumentClass) => Writer,
): Filling => {
  const database = new DatabaseSync(file);
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE checkpoint (position INTEGER); INSERT INTO checkpoint VALUES (0)',
  );
  const collections = projections.flatMap((projection) => projection.collections);
  return {
    database,
    folds: projections.map((projection) => foldOf(projection, keyFieldOf)),
    writers: new Map(collections.map(({ name, document }) => [name, writerOf(database, name, document)])),
  };
};

const sqlFilling = (dir: string): Filling =>
  fillingOf(join(dir, 'sql.db'), sqlProjections, (database, name, document) => sqlWriter(database, name, document));
const cacheFilling = (dir: string): Filling => fillingOf(join(dir, 'cache.db'), cacheProjections, (database, name) => cacheWriter(database, name));
const searchFilling = (dir: string): Filling =>
  fillingOf(join(dir, 'search.db'), searchProjections, (database, name) => searchWriter(database, name));

const fill =
  (fillingsOf: (dir: string) => readonly Filling[]): Job =>
  async (context: JobContext) => {
    const events = openEvents(context.eventsDir);
    const types = namesIn(events, 'types');
    const fillings = fillingsOf(context.dir);
    const sample = await measured(async () => {
      const streams = namesIn(events, 'streams');
      for (const page of pagesOf(events, BATCH_EVENTS)) {
        const batch = liveEvents(page, streams, types);
        for (const filling of fillings) await write(filling, batch, page.at(-1)?.[0] ?? 0);
      }
      return context.events;
    });
    for (const { database, writers } of fillings) {
      for (const [name, writer] of writers)
        if (name !== 'violations' && name !== 'customers') expectSame(`${name} has rows`, writer.count() > 0, true);
      database.close();
    }
    events.close();
    return sample;
  };

const write = async ({ database, folds, writers }: Filling, batch: ReturnType<typeof liveEvents>, position: number): Promise<void> => {
  database.exec('BEGIN IMMEDIATE');
  for (const fold of folds) {
    for (const [collection, rows] of await fold(batch)) {
      const writer = writers.get(collection);
      if (!writer) throw new Error(`${collection} has no writer`);
      for (const [key, row] of rows) {
        if (row) writer.put(key, row);
        else writer.remove(key);
      }
      writer.flush();
    }
  }
  database.prepare('UPDATE checkpoint SET position = ?').run(position);
  database.exec('COMMIT');
};

export const allSqlOnSqlite: Job = fill((dir) => [sqlFilling(dir)]);
export const allCache: Job = fill((dir) => [cacheFilling(dir)]);
export const allSearch: Job = fill((dir) => [searchFilling(dir)]);
export const everything: Job = fill((dir) => [sqlFilling(dir), cacheFilling(dir), searchFilling(dir)]);
