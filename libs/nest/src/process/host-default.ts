// Where an application listens unless it is told otherwise.

/** This machine alone. */
export const HOST_DEFAULT = '127.0.0.1';
