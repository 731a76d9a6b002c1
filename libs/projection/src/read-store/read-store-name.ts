// What a read store is called: in status, messages, metrics, and wherever one of several has to be meant.

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Why this cannot be a store's name, or undefined. Names stand in command lines and in labels of metrics. */
export const flawOfStoreName = (name: unknown): string | undefined =>
  typeof name === 'string' && NAME.test(name)
    ? undefined
    : `its name must begin with a lower-case letter and have letters, digits and dashes, 63 at most; got ${JSON.stringify(name)}`;
