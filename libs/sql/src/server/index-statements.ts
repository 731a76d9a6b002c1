// Statements for the indexes of a table in the words that SQLite and PostgreSQL share.
import type { TableIndex } from 'typeorm';
import { quoted } from '../layout/identifiers.js';

/** Quotes the name of a table or of an index, with its schema. */
type SqlName = (name: string) => string;

/** Makes an index that is not there yet. */
export const createIndexSql = (sqlName: SqlName, table: string, { name = '', columnNames, where }: TableIndex): string => {
  const condition = where === undefined || where === '' ? '' : ` WHERE ${where}`;
  return `CREATE INDEX IF NOT EXISTS ${quoted(name)} ON ${sqlName(table)} (${columnNames.map(quoted).join(', ')})${condition}`;
};

export const dropIndexSql = (sqlName: SqlName, index: string): string => `DROP INDEX IF EXISTS ${sqlName(index)}`;
