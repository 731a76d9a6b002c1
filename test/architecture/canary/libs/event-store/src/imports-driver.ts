// Breaks contract-without-io: the contract opens no files.
export { readFileSync } from 'node:fs';
