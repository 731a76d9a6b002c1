// The names that processes compete for. Each kill may leave one claimed until its claim expires: there are more names
// than kills.

export const NAMES: readonly string[] = Array.from({ length: 24 }, (_, index) => `name ${index}`);
