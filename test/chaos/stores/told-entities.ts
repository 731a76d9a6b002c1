// The same documents as tables.
import 'reflect-metadata';
import { Column, Entity, PrimaryColumn, type ColumnOptions } from 'typeorm';
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
