// Opens several things together: either all of them stay open, or none does.

/** What has to be closed after use. */
export interface Closable {
  close(): Promise<void>;
}

/** Opens everything and resolves with it. If one fails to open, closes the others and rejects with the first reason. */
export const allOrNone = async <Resources extends readonly Promise<Closable>[]>(
  opening: Resources,
): Promise<{ -readonly [Place in keyof Resources]: Awaited<Resources[Place]> }> => {
  const outcomes = await Promise.allSettled(opening);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (!failed) return opened as { -readonly [Place in keyof Resources]: Awaited<Resources[Place]> };
  // The caller needs the first reason; a failure to close would hide it.
  await Promise.allSettled(opened.map((resource) => resource.close()));
  throw failed.reason;
};
