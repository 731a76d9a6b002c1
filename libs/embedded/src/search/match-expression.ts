// The query language of FTS5, in which the user's text has no special meaning.
import type { SearchWords } from '@mainstem/projection/adapter';

/** All words are required; undefined if there is none. Words hold only letters, digits and marks. */
export const matchExpression = ({ whole, prefix }: SearchWords): string | undefined => {
  const terms = whole.map((word) => `"${word}"`);
  if (prefix !== undefined) terms.push(`"${prefix}"*`);
  return terms.length === 0 ? undefined : terms.join(' AND ');
};
