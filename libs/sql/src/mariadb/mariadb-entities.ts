// Entities that the other databases take, and MariaDB does not.
import type { DocumentColumn, EntityLayout } from '../layout/entity-layout.js';
import { UnsupportedEntity } from '../errors.js';

/** Digits of a `decimal`, in all and behind the point. */
const PRECISION_MAX = 65;
const SCALE_MAX = 38;
/** InnoDB takes 1,017; one is the hidden state. */
const COLUMNS_MAX = 1_016;
/** Besides the key. */
const INDEXES_MAX = 63;

/** Errors: READ_STORE_UNSUPPORTED_ENTITY, with what to declare instead. */
export const assertFits = ({ entity, columns, metadata }: Pick<EntityLayout, 'entity' | 'columns' | 'metadata'>): void => {
  const refuse = (problem: string): never => {
    throw new UnsupportedEntity(entity, `${problem} on MariaDB`);
  };
  if (columns.length > COLUMNS_MAX) refuse(`has ${columns.length} columns, and may have ${COLUMNS_MAX}`);
  if (metadata.indices.length > INDEXES_MAX) refuse(`has ${metadata.indices.length} indexes, and may have ${INDEXES_MAX}`);
  for (const column of columns) {
    const problem = problemOf(column);
    if (problem !== undefined) refuse(`column ${column.property} ${problem}`);
  }
};

const problemOf = ({ column, kind, limits }: DocumentColumn): string | undefined => {
  // A view would leave the blanks out.
  if (column !== column.trim()) return 'must have a name without blanks around it';
  if (/[\u{10000}-\u{10FFFF}]/u.test(column)) return 'must have a name without characters beyond U+FFFF, such as emoji,';
  const { precision = Infinity, scale = 0 } = limits.decimal ?? {};
  // Only text could hold others, and '9' would come after '10'.
  if (kind === 'numeric' && (precision > PRECISION_MAX || scale > SCALE_MAX))
    return `must give a precision of at most ${PRECISION_MAX} and a scale of at most ${SCALE_MAX}`;
  return undefined;
};
