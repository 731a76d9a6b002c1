// What the names of all indices of an application may begin with.

const PREFIX = /^[a-z][a-z0-9_]{0,31}$/;

/** Why it cannot be a prefix, as the end of a sentence; undefined if it can. */
export const flawOfPrefix = (prefix: string): string | undefined =>
  PREFIX.test(prefix) ? undefined : 'its prefix must be 1 to 32 lower-case letters, digits and underscores';
