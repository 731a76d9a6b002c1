// Names of keys. All keys of a projection have its name in braces: a cluster keeps them in one hash slot.

export interface ProjectionKeys {
  /** The bookkeeping: one hash. */
  readonly meta: string;
  /** The beginning of all other keys of the projection. */
  readonly root: string;
}

export const keysOf = (prefix: string, projection: string): ProjectionKeys => {
  const root = `${prefix}{${projection}}:`;
  return { root, meta: `${root}generations` };
};
