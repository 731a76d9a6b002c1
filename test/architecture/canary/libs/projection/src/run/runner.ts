// Imports nothing: no two files import each other, only their folders do.
export const runner = 'runner';
