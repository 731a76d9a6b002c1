// Rules may depend on the order of members, and equality of objects, maps and sets does not.
import { isDeepStrictEqual, types } from 'node:util';

/** Whether two equal values give their members in the same order, at any depth: of objects, maps and sets. */
export const isInSameOrder = (one: unknown, other: unknown): boolean => isDeepStrictEqual(listed(one, new Map()), listed(other, new Map()));

/** As lists, whose order counts. A value that refers to itself gives such a list. */
const listed = (value: unknown, known: Map<object, unknown[]>): unknown => {
  if (value === null || typeof value !== 'object') return value;
  const before = known.get(value);
  if (before) return before;
  const members: readonly unknown[] = Array.isArray(value) ? value : types.isMap(value) || types.isSet(value) ? [...value] : Object.entries(value);
  // Such as a date.
  if (members.length === 0) return value;
  const list: unknown[] = [];
  known.set(value, list);
  for (const member of members) list.push(listed(member, known));
  return list;
};
