// Whole columns as one parameter each: text of PostgreSQL's array type.
import type { SqlValue } from '../layout/column-kind.js';

const NEEDS_ESCAPE = /["\\]/;

/** The literal of a one-dimensional array, to be cast: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
export const arrayLiteral = (values: readonly SqlValue[]): string => {
  let literal = '{';
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as SqlValue;
    if (index > 0) literal += ',';
    if (value === null) literal += 'NULL';
    else if (typeof value === 'number') literal += value;
    else literal += `"${NEEDS_ESCAPE.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`;
  }
  return `${literal}}`;
};
