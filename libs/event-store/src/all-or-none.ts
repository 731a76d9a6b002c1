// Several things that are opened together: all of them, or none stays open.

/** What has to be closed after use. */
export interface Closable {
  close(): Promise<void>;
}

/** Resolves with everything that was opened; if one cannot be, closes the others and rejects with the first reason. */
export const allOrNone = async <Resources extends readonly Promise<Closable>[]>(
  opening: Resources,
): Promise<{ -readonly [Place in keyof Resources]: Awaited<Resources[Place]> }> => {
  const outcomes = await Promise.allSettled(opening);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (!failed) return opened as { -readonly [Place in keyof Resources]: Awaited<Resources[Place]> };
  // Why it could not be opened is what counts; a second failure would only hide it.
  await Promise.allSettled(opened.map((resource) => resource.close()));
  throw failed.reason;
};
