// Rows in the text format of COPY, https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2
import type { SqlValue } from '../layout/column-kind.js';

const NEEDS_ESCAPE = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One row with its line end. Backslashes are doubled, so that no value reads as NULL or as the end of the data. */
export const copyLine = (row: readonly SqlValue[]): string => {
  let line = '';
  for (let index = 0; index < row.length; index++) {
    const value = row[index] as SqlValue;
    if (index > 0) line += '\t';
    if (value === null) line += '\\N';
    else if (typeof value === 'number') line += value;
    else line += NEEDS_ESCAPE.test(value) ? value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] as string) : value;
  }
  return `${line}\n`;
};
