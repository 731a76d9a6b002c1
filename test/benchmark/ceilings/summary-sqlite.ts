// The order summaries on SQLite: WAL, synchronous=NORMAL, prepared upserts of twenty rows.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { JobContext } from '../job.js';
import { COLUMNS, valuesOf, type SummaryTarget } from './summary.js';

const ROWS = 20;

const upsertSql = (rows: number): string => {
  const names = COLUMNS.map(([name]) => name);
  const row = `(${names.map(() => '?').join(', ')})`;
  const changes = names.slice(1).map((name) => `${name} = excluded.${name}`);
  return `INSERT INTO order_summary (${names.join(', ')}) VALUES ${Array(rows).fill(row).join(', ')} ON CONFLICT (stream) DO UPDATE SET ${changes.join(', ')}`;
};

export const openTarget = async ({ dir }: JobContext): Promise<SummaryTarget> => {
  const database = new DatabaseSync(join(dir, 'summary.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec(
    `CREATE TABLE order_summary (${COLUMNS.map(([name, type], index) => `${name} ${type}${index === 0 ? ' PRIMARY KEY' : ''}`).join(', ')})`,
  );
  database.exec('CREATE TABLE checkpoint (position INTEGER); INSERT INTO checkpoint VALUES (0)');
  const one = database.prepare(upsertSql(1));
  const many = database.prepare(upsertSql(ROWS));
  const move = database.prepare('UPDATE checkpoint SET position = ?');
  return {
    write: async (rows, position) => {
      database.exec('BEGIN IMMEDIATE');
      let start = 0;
      for (; start + ROWS <= rows.length; start += ROWS) many.run(...rows.slice(start, start + ROWS).flatMap(valuesOf));
      for (const row of rows.slice(start)) one.run(...valuesOf(row));
      move.run(position);
      database.exec('COMMIT');
    },
    sumOfVersions: async () => Number(database.prepare('SELECT sum(version) AS value FROM order_summary').get()?.['value']),
    close: async () => database.close(),
  };
};
