// Breaks no-unresolvable.
export { nothing } from './there-is-no-such-file.js';
