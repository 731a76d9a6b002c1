// The loop of all ceilings for read models: one read, folds in memory, each changed row written once a batch.
import type { AnyProjection, DocumentClass } from '@mainstem/projection';
import { getMetadataArgsStorage } from 'typeorm';
import { expectSame, measured, type Job, type JobContext, type Sample } from '../job.js';
import { namesIn, openEvents, pagesOf } from './event-source.js';
import { foldOf, type Changes } from './folds.js';
import { liveEvents } from './live-event.js';

/** Where the rows of some projections go. */
export interface BatchTarget {
  /** Writes what each projection has changed, and the checkpoint. */
  write(changes: readonly Changes[], position: number): Promise<void>;
  /** The single steps of a rebuild after everything was written. */
  finish?(): Promise<void>;
  count(collection: string): Promise<number>;
  close(): Promise<void>;
}

export interface Filling {
  readonly projections: readonly AnyProjection[];
  readonly target: BatchTarget;
}

/** Collections that are nearly empty at the beginning of the ledger. */
const MAY_BE_EMPTY = ['violations', 'customers'];

/** The field of a row that holds its key. */
export const keyFieldOf = (document: DocumentClass): string => {
  const column = getMetadataArgsStorage().columns.find(({ target, options }) => target === document && options.primary);
  if (!column) throw new Error(`${document.name} has no primary column`);
  return column.propertyName;
};

export const collectionsOf = (projections: readonly AnyProjection[]): AnyProjection['collections'] =>
  projections.flatMap((projection) => projection.collections);

/** The targets of one batch are written at the same time. */
export const filling =
  (batchEvents: number, fillingsOf: (context: JobContext) => Promise<readonly Filling[]>): Job =>
  async (context) => {
    const fillings = await fillingsOf(context);
    try {
      const sample = await fill(context, batchEvents, fillings);
      for (const { projections, target } of fillings) {
        for (const { name } of collectionsOf(projections)) {
          if (!MAY_BE_EMPTY.includes(name)) expectSame(`${name} has rows`, (await target.count(name)) > 0, true);
        }
      }
      return sample;
    } finally {
      for (const { target } of fillings) await target.close();
    }
  };

const fill = async ({ eventsDir, events }: JobContext, batchEvents: number, fillings: readonly Filling[]): Promise<Sample> => {
  const database = openEvents(eventsDir);
  const types = namesIn(database, 'types');
  const folded = fillings.map(({ projections, target }) => ({
    folds: projections.map((projection) => foldOf(projection, keyFieldOf)),
    target,
  }));
  try {
    return await measured(async () => {
      const streams = namesIn(database, 'streams');
      for (const page of pagesOf(database, batchEvents)) {
        const batch = liveEvents(page, streams, types);
        const position = page.at(-1)?.[0] ?? 0;
        const writes: Promise<void>[] = [];
        for (const { folds, target } of folded) {
          const changes: Changes[] = [];
          for (const fold of folds) changes.push(await fold(batch));
          writes.push(target.write(changes, position));
        }
        await Promise.all(writes);
      }
      await Promise.all(folded.map(async ({ target }) => target.finish?.()));
      return events;
    });
  } finally {
    database.close();
  }
};
