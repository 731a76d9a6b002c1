// How the places of documents on leaderboards are stored.

/** Negated scores put the highest first and keep equal ones in order of keys. Safe integers are exact in the server. */
export const storedScore = (score: number): string => String(score === 0 ? 0 : -score);

/** The boards of a document: a JSON list in order of names, '' for none. */
export const encodeBoards = (boards: Iterable<string>): string => {
  const names = [...boards];
  return names.length === 0 ? '' : JSON.stringify(names.length === 1 ? names : names.sort());
};
