// Names of a schema in statements: no search path decides what they mean.

/** Quotes a name of the log's schema. The schema is letters, digits and underscores. */
export const nameIn = (schema: string, name: string): string => `"${schema}"."${name}"`;
