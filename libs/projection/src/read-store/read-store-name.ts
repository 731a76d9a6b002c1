// The name of a read store: in status, messages, metrics, and options that choose a store.

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Why this cannot be a store's name, or undefined. Command lines and labels of metrics contain names. */
export const flawOfStoreName = (name: unknown): string | undefined =>
  typeof name === 'string' && NAME.test(name)
    ? undefined
    : `its name must begin with a lower-case letter and have at most 63 letters, digits and dashes; got ${JSON.stringify(name)}`;
