// Lets other work of the process run between two pieces of synchronous work.

/** Resolves in the next turn of the event loop, after all work that is ready now. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
