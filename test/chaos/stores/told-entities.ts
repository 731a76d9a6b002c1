// The same documents as tables.
import 'reflect-metadata';
import type { SqlReadStore } from '@mainstem/sql';
import { Column, Entity, PrimaryColumn, type ColumnOptions } from 'typeorm';
import type { TallyAnswer } from './store-under-test.js';
import { Count, Mood, Pick, Tally } from './told-documents.js';

const entity = (target: new () => object, table: string, key: string, columns: Readonly<Record<string, ColumnOptions>>): void => {
  Entity(table)(target);
  PrimaryColumn('text')(target.prototype as object, key);
  for (const [name, options] of Object.entries(columns)) Column(options)(target.prototype as object, name);
};

const [TEXT, INTEGER, JSON_TEXT] = [{ type: 'text' }, { type: 'integer' }, { type: 'simple-json' }] as const;

entity(Tally, 'told_tallies', 'stream', { events: INTEGER, amount: INTEGER, mood: TEXT, last: TEXT, types: JSON_TEXT, version: INTEGER });
entity(Mood, 'told_moods', 'mood', {
  streams: INTEGER,
  events: INTEGER,
  amountMax: { ...INTEGER, nullable: true },
  firstStream: { ...TEXT, nullable: true },
});
entity(Count, 'told_count', 'key', { events: INTEGER });
entity(Pick, 'told_picks', 'stream', { events: INTEGER, amount: INTEGER });

export const toldEntities = [Tally, Mood, Count, Pick];

/** Counting takes time in proportion to all rows. */
const READS_PER_COUNT = 10;
let reads = 0;

/** A row; its table is sometimes compared with the roll-up. Errors: Error for rows of mixed generations. */
export const readTallyRow = (store: SqlReadStore, stream: string): Promise<TallyAnswer> =>
  store.read(['tallies'], async (manager) => {
    const value = (await manager.getRepository(Tally).findOneBy({ stream })) ?? undefined;
    if (reads++ % READS_PER_COUNT > 0) return value;
    const streams = await manager.getRepository(Tally).count();
    const counted = (await manager.getRepository(Mood).find()).reduce((sum, mood) => sum + mood.streams, 0);
    if (streams !== counted) throw new Error(`generations are mixed: ${streams} streams, ${counted} in their roll-up`);
    return value;
  });
