// Files as the generators see them: texts by their path below the application's folder.

/** Paths with slashes. */
export type Files = ReadonlyMap<string, string>;

/** The files with these texts in place of what was there. */
export const withFiles = (files: Files, changes: Files): Files => new Map([...files, ...changes]);

/** The files of `after` that differ from `before`, or are new. */
export const changesOf = (before: Files, after: Files): Files => new Map([...after].filter(([path, text]) => before.get(path) !== text));
