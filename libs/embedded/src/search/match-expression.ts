// The query language of FTS5, in which nothing that a user typed has a meaning.
import type { SearchWords } from '@mainstem/projection/adapter';

/** The words, all of them required; undefined if there is none. Words hold letters, digits and marks alone. */
export const matchExpression = ({ whole, prefix }: SearchWords): string | undefined => {
  const terms = whole.map((word) => `"${word}"`);
  if (prefix !== undefined) terms.push(`"${prefix}"*`);
  return terms.length === 0 ? undefined : terms.join(' AND ');
};
