// Where an application listens by default.

/** This machine alone. */
export const HOST_DEFAULT = '127.0.0.1';
