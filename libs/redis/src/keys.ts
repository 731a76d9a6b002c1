// Names of keys. All keys of a projection have its name in braces, which puts them into one hash slot of a cluster.

export interface ProjectionKeys {
  /** The bookkeeping: one hash. */
  readonly meta: string;
  /** What all other keys of the projection begin with. */
  readonly root: string;
}

export const keysOf = (prefix: string, projection: string): ProjectionKeys => {
  const root = `${prefix}{${projection}}:`;
  return { root, meta: `${root}generations` };
};
