// JSON for wires and people: whole numbers beyond a double become decimal strings, maps and sets their entries.
import { printableLines } from '@mainstem/event-store';

/** One line, or indented by two spaces. Characters that control a terminal are escaped, as JSON allows. */
export const toJson = (value: unknown, isIndented = false): string => printableLines(JSON.stringify(value, plain, isIndented ? 2 : undefined));

const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value as Map<PropertyKey, unknown>);
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return value;
};
