// Stream names that begin with a prefix, as a range of an index.

/** Names from `start` on, in the order of the bytes of UTF-8, which is that of code points. */
export interface NameRange {
  readonly start: string;
  /** Exclusive; undefined if no name lies beyond. */
  readonly end: string | undefined;
}

/** The names that begin with each of the prefixes, as SQLite and the collation C of PostgreSQL put them in order. */
export const nameRanges = (prefixes: readonly string[]): readonly NameRange[] => [...new Set(prefixes)].map(rangeOf);

const rangeOf = (prefix: string): NameRange => {
  const codePoints = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  while (codePoints.at(-1) === 0x10ffff) codePoints.pop();
  const last = codePoints.pop();
  if (last === undefined) return { start: prefix, end: undefined };
  // Surrogates are no characters: U+E000 follows U+D7FF.
  codePoints.push(last === 0xd7ff ? 0xe000 : last + 1);
  return { start: prefix, end: String.fromCodePoint(...codePoints) };
};
