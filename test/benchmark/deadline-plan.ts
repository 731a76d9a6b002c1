// Deadlines that are all pending at once: one for each instance, a millisecond apart.
export const DEADLINES = 100_000;

const FIRST_MS = Date.UTC(2026, 0, 1);

/** ISO 8601 in UTC. */
export const dueAt = (index: number): string => new Date(FIRST_MS + index).toISOString();
